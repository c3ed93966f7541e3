import { scannerContract } from "@nearfield/testing";
import { TypeScriptScanner } from "./typescript-scanner.ts";

scannerContract("TypeScriptScanner in Node", (dimensions) => new TypeScriptScanner(dimensions));
