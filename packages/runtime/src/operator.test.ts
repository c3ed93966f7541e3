import { expect, test } from "vitest";
import { usesOperator } from "./operator.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("an operator is found wherever its name stands", () => {
  expect(usesOperator(bytes("GGroupQueryAttention"), "GroupQueryAttention")).toBe(true);
  expect(usesOperator(bytes("MatMul GroupQuery Attention"), "GroupQueryAttention")).toBe(false);
  expect(usesOperator(bytes("Group"), "GroupQueryAttention")).toBe(false);
});
