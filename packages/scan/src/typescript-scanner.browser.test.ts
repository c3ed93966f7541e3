import { scannerContract } from "@nearfield/testing";
import { TypeScriptScanner } from "./typescript-scanner.ts";

scannerContract("TypeScriptScanner in Chromium", (dimensions) => new TypeScriptScanner(dimensions));
