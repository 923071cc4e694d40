/** The entry `dynamorm-ts/dms`: models from the text of a DMS document. It brings a YAML parser, so it stands apart. */

import { type Document, documentFromJson } from "./schema/dms.ts";
import { readYaml } from "./schema/yaml.ts";

export { canonicalDms, type Document, documentFromJson } from "./schema/dms.ts";

/**
 * Load a DMS document from its YAML or JSON text.
 *
 * @throws {InvalidModel} with the JSON Pointer of the offending entry, `""` where the text cannot be read.
 * @example
 * const { models } = loadDms(await readFile("order.dms.yaml", "utf8"));
 * const orders = client.table(models[0]);
 */
export function loadDms(text: string): Document {
  return documentFromJson(readYaml(text));
}
