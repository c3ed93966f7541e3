export { Connection, type CallOptions } from "./connect.ts";
export type { Calls, Cloneable, CloneableCalls, Endpoint, MethodOf } from "./protocol.ts";
export { serve, type Handlers, type Job } from "./serve.ts";
export { Supervisor, type SupervisorOptions } from "./supervisor.ts";
