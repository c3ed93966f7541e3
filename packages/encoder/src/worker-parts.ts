import type { Device, ModelCard, Role } from "@nearfield/core";
import type { AdapterReport, RuntimeFiles } from "@nearfield/runtime";

/** What is the same for every worker of one client. */
export interface WorkerParts {
  readonly card: ModelCard;
  readonly role: Role;
  readonly adapter: AdapterReport;
  readonly runtime: Readonly<Record<Device, RuntimeFiles>> | undefined;
  readonly redirects: readonly string[] | undefined;
  readonly threads: number;
  readonly spawn: () => Worker;
}
