// Strict, with reasons: everything of strict-type-checked and stylistic-type-checked, and each exception says why.
import js from "@eslint/js";
import importPlugin from "eslint-plugin-import";
import tseslint from "typescript-eslint";

/** The rooms in the order of their arrows: a room may import what stands before it. */
const ROOMS = [
  ...["generated", "errors", "text", "schema", "codec", "stream", "expression", "operation", "transport"],
  "encryption",
];

/** The files in front of the rooms: what users call. */
const FRONT = [
  ...[
    "actions",
    "arrivals",
    "batch",
    "bulk",
    "client",
    "dms",
    "index",
    "keys",
    "local",
    "reading",
    "sleeper",
    "source",
  ],
  ...["stored", "table", "testing", "transaction"],
  ...["feed", "handler", "kms", "reencrypt", "seen", "streams"],
  ...["copy-writes", "copying", "migrate", "moving", "tables"],
];

/** Held by `test/layers.test.ts`, which plants a violation and sees it found. */
const zones = ROOMS.map((room, index) => ({
  target: `./src/${room}`,
  from: [
    ...ROOMS.slice(index + 1).map((later) => `./src/${later}`),
    ...FRONT.map((file) => `./src/${file}.ts`),
  ],
  message: "Arrows point left: see docs/architecture.md.",
}));

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "coverage/"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { import: importPlugin },
    settings: {
      // Without the resolver the path rules pass silently, for they cannot tell what `.ts` imports lead to.
      "import/resolver": { typescript: { project: `${import.meta.dirname}/tsconfig.json` } },
    },
    rules: {
      "import/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones }],
      "import/no-cycle": ["error", { ignoreExternal: true }],
      "max-lines": ["error", { max: 450 }],
      "max-lines-per-function": ["error", { max: 40, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Faults carry a way through a value and never reach users, so they spare themselves the stack of an Error.
      "@typescript-eslint/only-throw-error": [
        "error",
        { allow: [{ from: "file", name: ["ValueFault", "JsonFault"] }], allowRethrowing: true },
      ],
      // Types that name themselves cannot be a Record.
      "@typescript-eslint/consistent-indexed-object-style": "off",
      // JSON is defined by its control characters.
      "no-control-regex": "off",
      // Numbers in texts are texts; objects and undefined are what the rule is for.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["**/*.js"],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    files: ["**/runners/ts/**"],
    // A runner has a cap of its own.
    rules: { "max-lines": ["error", { max: 600 }] },
  },
  {
    files: ["**/test/**"],
    // A test file is one list of sentences; its callbacks are as long as the list.
    rules: { "max-lines-per-function": "off" },
  },
  {
    files: ["**/*.test-d.ts"],
    // The compiler is the runner of type tests: what they name is there for its type alone.
    rules: {
      "@typescript-eslint/no-unused-vars": "off",
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
    },
  },
  {
    files: ["**/samples/**"],
    // A sample prints: that is what it shows.
    rules: { "no-console": "off" },
  },
);
