"""DynamORM: one model of a DynamoDB item, the same in Python, TypeScript and Go."""
