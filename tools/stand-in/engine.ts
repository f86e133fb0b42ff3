/** Lines for the person who watches: they go to the Pulumi engine, which shows them beside the resource. */
import { credentials } from '@grpc/grpc-js';
import { EngineClient } from '@pulumi/pulumi/proto/engine_grpc_pb.js';
import engine from '@pulumi/pulumi/proto/engine_pb.js';

export type Log = {
  /** Shown while the run is under way, not kept. */
  status(message: string): void;
  warning(message: string): void;
};

export type Engine = {
  logFor(urn: string): Log;
  /** Resolves when the engine has taken all that was said so far. */
  settled(): Promise<void>;
};

/** A link to the engine at `address`, which is `host:port`. */
export function engineAt(address: string): Engine {
  const client = new EngineClient(address, credentials.createInsecure());
  let last: Promise<void> = Promise.resolve();
  // One after another, so that lines keep their order; a line that the engine refuses is no reason to fail.
  const send = (request: engine.LogRequest) => {
    last = last.then(() => new Promise((resolve) => client.log(request, () => resolve())));
  };
  return {
    logFor: (urn) => ({
      status: (message) =>
        send(entry(urn, message).setSeverity(engine.LogSeverity.INFO).setEphemeral(true)),
      warning: (message) => send(entry(urn, message).setSeverity(engine.LogSeverity.WARNING)),
    }),
    settled: () => last,
  };
}

const entry = (urn: string, message: string) =>
  new engine.LogRequest().setUrn(urn).setMessage(message);
