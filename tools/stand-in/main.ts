/**
 * A stand-in for Pulumi's command plugin 1.2.1, for networks from which its download cannot be reached:
 * `remote.Command`, `remote.CopyToRemote` and `local.Command`, as the official one does them.
 * The engine starts it with its own address, and reads from its output the port that it listens on.
 */
import { flushCompileCache } from 'node:module';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ResourceProviderService } from '@pulumi/pulumi/proto/provider_grpc_pb.js';
import { type Engine, engineAt } from './engine.ts';
import { service } from './provider.ts';

const silent: Engine = {
  logFor: () => ({ status() {}, warning() {} }),
  settled: async () => {},
};

const address = process.argv.slice(2).find((argument) => /^[^-/][^/]*:\d+$/.test(argument));
const { implementation, busy } = service(address ? engineAt(address) : silent);
// As large as Pulumi lets messages be; its own plugins do the same.
const limit = 400 * 1024 * 1024;
const server = new Server({
  'grpc.max_receive_message_length': limit,
  'grpc.max_send_message_length': limit,
});
server.addService(ResourceProviderService, implementation);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
  // Written at a process's own end otherwise, and the engine kills its plugins.
  flushCompileCache();
});

// The engine ends its plugins; one that was killed itself leaves nothing behind either.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent && !busy()) process.exit(1);
}, 1000);
