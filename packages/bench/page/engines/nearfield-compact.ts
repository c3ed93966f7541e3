import type { Engine } from "../../src/engine.ts";
import { NearfieldEngine } from "./nearfield.ts";

export const createEngine = (): Engine => new NearfieldEngine("compact");
