import { writeGraph } from "@nearfield/testing";
import { expect, test } from "vitest";
import { mixesRows, usesOperator } from "./operator.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("an operator is found wherever its name stands", () => {
  expect(usesOperator(bytes("GGroupQueryAttention"), "GroupQueryAttention")).toBe(true);
  expect(usesOperator(bytes("MatMul GroupQuery Attention"), "GroupQueryAttention")).toBe(false);
  expect(usesOperator(bytes("Group"), "GroupQueryAttention")).toBe(false);
});

test("a graph with one scale for a whole batch mixes its rows", () => {
  const graph = (operator: string) =>
    writeGraph({
      inputs: [{ name: "x", type: "float32", shape: ["b", "s"] }],
      initializers: [],
      nodes: [{ operator, inputs: ["x"], outputs: ["y", "scale", "zero"] }],
      outputs: [{ name: "scale", type: "float32" }],
    });
  expect(mixesRows(graph("DynamicQuantizeLinear"))).toBe(true);
  expect(mixesRows(graph("ReduceMax"))).toBe(false);
});
