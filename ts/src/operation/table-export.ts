/** A planned table as infrastructure: the CloudFormation resource and the Terraform block that make it. */

import {
  createRequest,
  type CreateTableRequest,
  type IndexMember,
  keyId,
  type TablePlan,
} from "./table-plan.ts";

/** Give the CloudFormation resource of a planned table, as a JSON value. */
export function cloudformationOf(plan: TablePlan): { readonly Type: string; readonly Properties: object } {
  const { StreamSpecification: stream, SSESpecification: sse, Tags, ...members } = createRequest(plan);
  const { ttl, settings } = plan;
  return {
    Type: "AWS::DynamoDB::Table",
    Properties: {
      ...members,
      ...(stream !== undefined && { StreamSpecification: { StreamViewType: stream.StreamViewType } }),
      ...(sse !== undefined && { SSESpecification: { SSEEnabled: true, ...keyId(sse.KMSMasterKeyId) } }),
      ...(settings.pointInTimeRecovery === true && {
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
      ...(Tags !== undefined && { Tags }),
      ...(ttl !== undefined && { TimeToLiveSpecification: { AttributeName: ttl, Enabled: true } }),
    },
  };
}

type Value = string | number | boolean | readonly string[] | undefined;

/** Arguments of a block in their order; one that is undefined is left out. */
type Arguments = readonly (readonly [name: string, value: Value])[];

/** Give the Terraform block of a planned table, as `terraform fmt` writes it. */
export function terraformOf(plan: TablePlan, label = labelOf(plan.tableName)): string {
  const request = createRequest(plan);
  const sections = [
    lines("  ", tableArguments(request)),
    ...blocksOf(plan, request).map(([name, members]) => `  ${name} {\n${lines("    ", members)}  }\n`),
    ...tagsOf(request),
  ];
  return `resource "aws_dynamodb_table" ${literal(label)} {\n${sections.join("\n")}}\n`;
}

/** A label is a name of Terraform's. */
function labelOf(tableName: string): string {
  const name = tableName.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  return /^[0-9-]/.test(name) ? `_${name}` : name;
}

function tableArguments(request: CreateTableRequest): Arguments {
  const { ProvisionedThroughput: units, StreamSpecification: stream, KeySchema: keys } = request;
  return [
    ["name", request.TableName],
    ["billing_mode", request.BillingMode ?? "PROVISIONED"],
    ["read_capacity", units?.ReadCapacityUnits],
    ["write_capacity", units?.WriteCapacityUnits],
    ...keyArguments(keys),
    ["stream_enabled", stream?.StreamEnabled],
    ["stream_view_type", stream?.StreamViewType],
    ["table_class", request.TableClass],
    ["deletion_protection_enabled", request.DeletionProtectionEnabled],
  ];
}

function keyArguments(keys: IndexMember["KeySchema"]): Arguments {
  const named = (type: string): string | undefined =>
    keys.find(({ KeyType }) => KeyType === type)?.AttributeName;
  return [
    ["hash_key", named("HASH")],
    ["range_key", named("RANGE")],
  ];
}

function blocksOf(
  { ttl, settings }: TablePlan,
  request: CreateTableRequest,
): (readonly [string, Arguments])[] {
  const { SSESpecification: sse } = request;
  return [
    ...request.AttributeDefinitions.map(
      ({ AttributeName: name, AttributeType: type }) =>
        [
          "attribute",
          [
            ["name", name],
            ["type", type],
          ],
        ] as const,
    ),
    ...(request.GlobalSecondaryIndexes ?? []).map(
      (index) => ["global_secondary_index", indexArguments(index, true)] as const,
    ),
    ...(request.LocalSecondaryIndexes ?? []).map(
      (index) => ["local_secondary_index", indexArguments(index, false)] as const,
    ),
    ...only(ttl !== undefined, "ttl", [
      ["attribute_name", ttl],
      ["enabled", true],
    ]),
    ...only(settings.pointInTimeRecovery === true, "point_in_time_recovery", [["enabled", true]]),
    ...only(sse !== undefined, "server_side_encryption", [
      ["enabled", true],
      ["kms_key_arn", sse?.KMSMasterKeyId],
    ]),
  ];
}

function only(isSo: boolean, name: string, members: Arguments): (readonly [string, Arguments])[] {
  return isSo ? [[name, members]] : [];
}

function indexArguments(index: IndexMember, isGlobal: boolean): Arguments {
  const { Projection: projection, ProvisionedThroughput: units } = index;
  return [
    ["name", index.IndexName],
    ...keyArguments(index.KeySchema).filter(([name]) => isGlobal || name === "range_key"),
    ["projection_type", projection.ProjectionType],
    ["non_key_attributes", projection.NonKeyAttributes],
    ["read_capacity", units?.ReadCapacityUnits],
    ["write_capacity", units?.WriteCapacityUnits],
  ];
}

function tagsOf({ Tags: tags }: CreateTableRequest): string[] {
  const members = (tags ?? []).map(({ Key, Value }) => [literal(Key), Value] as const);
  return tags === undefined ? [] : [`  tags = {\n${lines("    ", members)}  }\n`];
}

/** Write arguments, their signs of equality below each other. */
function lines(indent: string, members: Arguments): string {
  const given = members.filter(([, value]) => value !== undefined);
  const width = Math.max(...given.map(([name]) => columns(name)));
  return given
    .map(([name, value]) => `${indent}${name}${" ".repeat(width - columns(name))} = ${valueText(value)}\n`)
    .join("");
}

function columns(text: string): number {
  return Array.from(text).length;
}

function valueText(value: Value): string {
  if (typeof value === "object") {
    return `[${value.map(literal).join(", ")}]`;
  }
  return typeof value === "string" ? literal(value) : String(value);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "${": "$${",
  "%{": "%%{",
};

/** Write a text as Terraform's literal, in which nothing stands for anything else. */
function literal(text: string): string {
  const escaped = text.replaceAll(
    /["\\\p{Cc}]|[$%]\{/gu,
    (found) => ESCAPES[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}
