/** Patients whose notes nobody reads in the table: sealed before they leave the process, opened when they come back. */

import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import {
  Client,
  DataKeyCache,
  defineModel,
  Encryption,
  isCode,
  type KeyService,
  type Table,
} from "dynamorm-ts";
import { kmsKeys } from "dynamorm-ts/kms";
import { InMemoryKeys } from "dynamorm-ts/testing";

const Patient = defineModel({
  name: "Patient",
  table: "patients",
  keys: { partition: "patient_id" },
  attributes: {
    patient_id: { type: "S" },
    ward: { type: "S", required: true },
    note: { type: "S", encryption: {} },
  },
});

type Patients = Table<(typeof Patient)["definition"]>;

/** Connect a clinic: its envelopes open for its context alone. */
function connect(dynamodb: DynamoDBClient, kms: KeyService): Client {
  const cache = new DataKeyCache({ maxAgeMs: 300_000, maxUses: 1000 }); // without one, every value has a data key of its own
  const encryption = new Encryption({ key: "alias/clinic", kms, context: { clinic: "north" }, cache });
  return new Client({ dynamodb, encryption });
}

/** Write and read as ever; what needs to look inside is refused. */
async function use(patients: Patients): Promise<void> {
  const key = { patient_id: "p-1" };
  await patients.create({ ...key, ward: "7", note: "allergic to penicillin" });
  console.log("read:", (await patients.get(key)).note);

  await patients.update(key, { set: { note: "no allergies" } });
  const { ward } = await patients.get(key, { select: ["ward"] });
  console.log("ward, without a key:", ward);

  try {
    await patients.delete(key, { condition: patients.field("note").eq("no allergies") });
  } catch (error) {
    if (!isCode(error, "EncryptedFieldNotQueryable")) {
      throw error;
    }
    console.log("refused:", error.code, error.path);
  }
}

/** Seal everything anew under another key; until then the old one still opens. */
async function rotate(dynamodb: DynamoDBClient, kms: KeyService): Promise<void> {
  const settings = { key: "alias/clinic-2", readKeys: ["alias/clinic"], context: { clinic: "north" } };
  const patients = new Client({ dynamodb, encryption: new Encryption({ ...settings, kms }) }).table(Patient);
  const done = await patients.reencrypt({
    onFailure: ({ key, error }) => {
      console.log("left:", key.patient_id, error.code);
    },
  });
  console.log("sealed anew:", done.rewritten, "of", done.read);
  console.log("read:", (await patients.get({ patient_id: "p-1" }, { consistent: true })).note);
}

// AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL_KMS name other endpoints than AWS's.
const dynamodb = new DynamoDBClient({});
// In memory the keys are no secret: that is for trying it out.
const kms = process.env.AWS_ENDPOINT_URL_KMS === undefined ? new InMemoryKeys() : kmsKeys();
await dynamodb.send(
  new CreateTableCommand({
    TableName: "patients",
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "patient_id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "patient_id", AttributeType: "S" }],
  }),
);
await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30 }, { TableName: "patients" });
try {
  await use(connect(dynamodb, kms).table(Patient));
  await rotate(dynamodb, kms);
  const asked = new GetItemCommand({ TableName: "patients", Key: { patient_id: { S: "p-1" } } });
  const { Item: item } = await dynamodb.send(asked);
  console.log(
    "stored:",
    Object.keys(item?.note?.M ?? {})
      .sort()
      .join(", "),
  );
} finally {
  await dynamodb.send(new DeleteTableCommand({ TableName: "patients" }));
}
