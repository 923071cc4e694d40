import { describe, expect, it } from "vitest";
import * as dms from "../src/dms.ts";
import * as catalogue from "../src/errors/catalogue.ts";
import * as main from "../src/index.ts";
import * as kms from "../src/kms.ts";
import * as migrate from "../src/migrate.ts";
import * as streams from "../src/streams.ts";
import * as tables from "../src/tables.ts";
import * as testing from "../src/testing.ts";

describe("the public surface", () => {
  it("is the list that someone chose", () => {
    const classes = Object.keys(catalogue.ERROR_CLASSES);
    expect(classes).toHaveLength(27);
    expect(Object.keys(main).sort()).toEqual(
      [
        ...classes,
        ...["CAPABILITIES", "Client", "DMS_VERSIONS", "DynamORMError", "VERSION"],
        ...["DataKeyCache", "Encryption", "Feed", "Parallel", "Reading", "Scan", "SeenInMemory", "Signer"],
        ...["additionalData", "openEnvelope", "sealValue"],
        ...["and", "canonicalDms", "compileExpression", "defineModel", "documentFromJson", "field"],
        ...["isCode", "itemSize", "marshalItem", "not", "or", "sdkTransport", "unmarshalItem"],
      ].sort(),
    );
  });

  it("has documents and test helpers behind entries of their own", () => {
    expect(Object.keys(dms).sort()).toEqual(["canonicalDms", "documentFromJson", "loadDms"]);
    expect([Object.keys(kms), Object.keys(streams)]).toEqual([["kmsKeys"], ["sdkStreams"]]);
    expect(Object.keys(migrate)).toEqual(["autoMigrate"]);
    expect(Object.keys(tables).sort()).toEqual([
      ...["cloudformation", "createTable", "deleteTable", "describeTable", "ensureTable"],
      ...["listTables", "tableDrift", "tableRequest", "terraform"],
    ]);
    expect(Object.keys(testing).sort()).toEqual([
      "InMemoryKeys",
      "SECOND",
      "Script",
      "localDynamoDB",
      "openGcm",
      "testClock",
      "testNonces",
      "testRandom",
      "testSleeper",
      "testTokens",
      "withNonces",
    ]);
  });

  it("finds every error by its class and its code", () => {
    for (const [code, make] of Object.entries(catalogue.ERROR_CLASSES)) {
      const error = new make("x");
      expect(error).toBeInstanceOf(main.DynamORMError);
      expect([error.code, error.name, main.isCode(error, error.code)]).toEqual([code, code, true]);
      expect(main.isCode(error, code === "Throttled" ? "Canceled" : "Throttled")).toBe(false);
    }
    expect(main.isCode(new Error("x"), "Throttled")).toBe(false);
    const conflict = new main.ConditionFailed("x", { kind: "VersionConflict" });
    expect(main.isCode(conflict, "ConditionFailed", "VersionConflict")).toBe(true);
    expect(main.isCode(conflict, "ConditionFailed", "AlreadyExists")).toBe(false);
  });
});
