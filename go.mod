module github.com/dynamorm/dynamorm

go 1.25
