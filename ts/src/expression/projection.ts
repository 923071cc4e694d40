/** Selected paths → a projection expression. */

import type { ModelCodec } from "../codec/item.ts";
import { EncryptionNotConfigured, ValidationFailed } from "../errors/catalogue.ts";
import { placeAt } from "../schema/model.ts";
import { checkReadable, isEncrypted } from "./fit.ts";
import { contains, type PathSegments, pathText } from "./path.ts";
import type { Placeholders } from "./placeholder.ts";

/**
 * Write a projection; a path that equals another one or lies inside it is left out.
 *
 * @param fetched attributes that stand behind the paths where they are not among them
 * @throws {ValidationFailed}
 */
export function projectionText(
  codec: ModelCodec,
  names: Placeholders,
  paths: readonly PathSegments[],
  fetched: readonly string[] = [],
): string {
  if (paths.length === 0) {
    throw new ValidationFailed("a selection of nothing");
  }
  for (const path of paths) {
    checkSelectable(codec, path);
  }
  const kept = paths.filter((path, index) => !isCovered(path, index, paths));
  const besides = fetched.filter((name) => !kept.some((path) => path.length === 1 && path[0] === name));
  return namesText(codec, names, [...kept, ...besides.map((name) => [name])]);
}

/** Write the paths of a projection; the discriminator comes last where none of them is it. */
export function namesText(codec: ModelCodec, names: Placeholders, paths: readonly PathSegments[]): string {
  const { discriminator } = codec.model;
  const own =
    discriminator === undefined || paths.some((path) => isMark(codec, path))
      ? []
      : [[discriminator.attribute]];
  return [...paths, ...own].map((path) => names.path(path)).join(", ");
}

/** Tell whether a path is the model's discriminator, which may be selected and is no attribute of a value. */
export function isMark({ model }: ModelCodec, path: PathSegments): boolean {
  return path.length === 1 && model.discriminator !== undefined && path[0] === model.discriminator.attribute;
}

function checkSelectable(codec: ModelCodec, path: PathSegments): void {
  if (isEncrypted(codec, path)) {
    if (path.length > 1) {
      checkReadable(codec, path);
    }
    if (codec.locked !== undefined) {
      throw new EncryptionNotConfigured("the attribute is encrypted and no key is configured", {
        path: pathText(path),
      });
    }
  }
  if (placeAt(codec.model, path).kind === "unknown" && !isMark(codec, path)) {
    throw new ValidationFailed("the model does not know this path", { path: pathText(path) });
  }
}

function isCovered(path: PathSegments, index: number, paths: readonly PathSegments[]): boolean {
  return paths.some(
    (other, position) =>
      position !== index && contains(other, path) && (other.length < path.length || position < index),
  );
}
