export { aborted, raceAbort } from "./abort.ts";
export { Connection, type CallOptions, type ConnectionOptions } from "./connect.ts";
export type { Prepare, Preparation } from "./life.ts";
export type {
  Calls,
  CallShape,
  Cloneable,
  CloneableCalls,
  Endpoint,
  MethodOf,
} from "./protocol.ts";
export { notify } from "./notify.ts";
export { Relay, type Course, type RelayOptions, type RelayState } from "./relay.ts";
export { serve, type Handlers, type Job } from "./serve.ts";
export { Supervisor, type LifeEvent, type SupervisorOptions } from "./supervisor.ts";
