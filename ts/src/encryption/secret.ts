/** Objects that hold secrets are printed by their name alone. */

/** Let an object say no more than its name, to whoever prints it or makes JSON of it. */
export function hidden(object: object, name: string): void {
  const say = (): string => name;
  for (const key of ["toString", "toJSON", Symbol.for("nodejs.util.inspect.custom")]) {
    Object.defineProperty(object, key, { value: say, enumerable: false });
  }
}
