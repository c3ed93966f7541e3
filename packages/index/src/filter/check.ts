import { isRetrievalError, RetrievalError } from "@nearfield/core";
import type { FieldCondition, Filter, FilterValue } from "../filter.ts";
import { isFilterValue } from "./value.ts";

const OPERATORS = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "exists"] as const;

type Operator = (typeof OPERATORS)[number];

/** Names that are no data: assigned to a plain object they would change what it is. No document can have such a field. */
const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Fields of one filter; each costs a pass over all rows. */
const MAX_FIELDS = 64;
/** Values of one `in` or `nin`: as many as the largest index has rows. */
const MAX_VALUES = 1_000_000;

/**
 * A copy of `filter` that nobody else can change, made of what {@link Filter} says and nothing more.
 * @throws RetrievalError `INVALID_FILTER`, which names the field
 */
export function checkFilter(filter: unknown): Filter {
  try {
    return copyFilter(filter);
  } catch (thrown) {
    if (isRetrievalError(thrown)) throw thrown;
    // A getter or a proxy of the caller's.
    throw new RetrievalError("INVALID_FILTER", "the filter can not be read", {
      repair: "Give plain data.",
      cause: thrown,
    });
  }
}

function copyFilter(filter: unknown): Filter {
  if (!isPlainObject(filter)) {
    throw new RetrievalError("INVALID_FILTER", "a filter is not a plain object", {
      value: filter,
      repair: `Give an object of fields, such as { lang: "en", year: { gte: 2020 } }.`,
    });
  }
  const names = Reflect.ownKeys(filter);
  if (names.length > MAX_FIELDS) {
    throw new RetrievalError("INVALID_FILTER", "a filter names too many fields", {
      value: names.length,
      repair: `Name at most ${MAX_FIELDS}.`,
    });
  }
  const copy: Record<string, FilterValue | FieldCondition> = {};
  for (const name of names) {
    if (typeof name !== "string" || FORBIDDEN.has(name)) {
      throw invalid(String(name), "can not be the name of a field", name, "Use another name.");
    }
    const wanted = (filter as Readonly<Record<string, unknown>>)[name];
    copy[name] = isFilterValue(wanted) ? wanted : copyCondition(name, wanted);
  }
  return Object.freeze(copy);
}

function copyCondition(field: string, condition: unknown): FieldCondition {
  if (Array.isArray(condition)) {
    throw invalid(field, "is compared with an array", condition, "Use { in: [...] }.");
  }
  if (!isPlainObject(condition)) {
    const repair = "Give a string, a finite number, a boolean, null, or an object of operators.";
    throw invalid(field, "is compared with something that no field can hold", condition, repair);
  }
  const keys = Reflect.ownKeys(condition);
  if (keys.length === 0) {
    throw invalid(field, "has a condition without an operator", condition, takes());
  }
  const copy: Record<string, unknown> = {};
  for (const key of keys) {
    if (!isOperator(key)) {
      throw invalid(field, `has the unknown operator "${String(key).slice(0, 40)}"`, key, takes());
    }
    copy[key] = copyOperand(field, key, (condition as Readonly<Record<string, unknown>>)[key]);
  }
  return Object.freeze(copy) as FieldCondition;
}

function copyOperand(field: string, operator: Operator, operand: unknown): unknown {
  const fail = (wanted: string): RetrievalError =>
    invalid(field, `needs ${wanted} for "${operator}"`, operand, `Give ${wanted}.`);
  switch (operator) {
    case "eq":
    case "ne":
      if (isFilterValue(operand)) return operand;
      throw fail("a string, a finite number, a boolean or null");
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      if (typeof operand === "string" || Number.isFinite(operand)) return operand;
      throw fail("a string or a finite number");
    case "exists":
      if (typeof operand === "boolean") return operand;
      throw fail("true or false");
    case "in":
    case "nin":
      if (Array.isArray(operand) && operand.length <= MAX_VALUES) {
        return copyValues(field, operator, operand);
      }
      throw fail(`an array of at most ${MAX_VALUES} values`);
    default:
      throw operator satisfies never;
  }
}

function copyValues(field: string, operator: Operator, values: readonly unknown[]): FilterValue[] {
  const copy: FilterValue[] = [];
  // By index, so that a hole is met.
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (!isFilterValue(value)) {
      const problem = `has something in "${operator}" that no field can hold`;
      throw invalid(field, problem, value, "Use strings, finite numbers, booleans and null.");
    }
    copy.push(value);
  }
  return copy;
}

function isOperator(key: unknown): key is Operator {
  return (OPERATORS as readonly unknown[]).includes(key);
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm (a frame) has another Object.prototype, with nothing above it.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function takes(): string {
  return `Use ${OPERATORS.join(", ")}.`;
}

function invalid(field: string, problem: string, value: unknown, repair: string): RetrievalError {
  const name = JSON.stringify(field.slice(0, 40));
  return new RetrievalError("INVALID_FILTER", `the field ${name} of a filter ${problem}`, {
    value,
    repair,
  });
}
