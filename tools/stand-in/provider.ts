/** Pulumi's provider protocol: turns the engine's calls into what the resources do, and their results back. */
import { randomBytes } from 'node:crypto';
import { type handleUnaryCall, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import plugin from '@pulumi/pulumi/proto/plugin_pb.js';
import type * as protocol from '@pulumi/pulumi/proto/provider_pb.js';
import provider from '@pulumi/pulumi/proto/provider_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import struct from 'google-protobuf/google/protobuf/struct_pb.js';
import manifest from '../../package.json' with { type: 'json' };
import type { Context } from './connection.ts';
import { type Difference, differences } from './diff.ts';
import type { Engine } from './engine.ts';
import { check } from './inputs.ts';
import { type Properties, unknown, type Value } from './property.ts';
import { type Resource, resources } from './resources.ts';

const { DiffChanges } = provider.DiffResponse;
const { Kind } = provider.PropertyDiff;

/** The version of the official plugin that this stands in for. */
export const version = manifest.dependencies['@pulumi/command'];

type Call<Request, Response> = (request: Request) => Response | Promise<Response>;

/** The service that the engine talks to; `busy` tells whether a command may be under way. */
export function service(engine: Engine): {
  implementation: UntypedServiceImplementation;
  busy: () => boolean;
} {
  const cancellation = new AbortController();
  let calls = 0;
  const contextOf = (urn: string): Context => ({
    log: engine.logFor(urn),
    signal: cancellation.signal,
  });
  const answer =
    <Request, Response>(call: Call<Request, Response>): handleUnaryCall<Request, Response> =>
    async ({ request }, callback) => {
      calls++;
      try {
        const response = await call(request);
        await engine.settled();
        callback(null, response);
      } catch (error) {
        await engine.settled();
        callback({ code: status.UNKNOWN, details: (error as Error).message });
      } finally {
        calls--;
      }
    };
  const implementation = {
    getPluginInfo: answer(() => new plugin.PluginInfo().setVersion(version)),
    getSchema: answer(() => new provider.GetSchemaResponse().setSchema('{}')),
    checkConfig: answer((request: protocol.CheckRequest) =>
      new provider.CheckResponse().setInputs(request.getNews()),
    ),
    diffConfig: answer(() => new provider.DiffResponse().setChanges(DiffChanges.DIFF_NONE)),
    configure: answer(() =>
      new provider.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true),
    ),
    check: answer(checkResource),
    diff: answer(diffResource),
    create: answer((request: protocol.CreateRequest) =>
      createResource(request, contextOf(request.getUrn())),
    ),
    update: answer((request: protocol.UpdateRequest) =>
      updateResource(request, contextOf(request.getUrn())),
    ),
    delete: answer((request: protocol.DeleteRequest) =>
      deleteResource(request, contextOf(request.getUrn())),
    ),
    read: answer(readResource),
    // A local command is killed, dialling ends; a command on a host runs to its end, as its result is to be kept.
    cancel: answer(() => {
      cancellation.abort();
      return new empty.Empty();
    }),
  };
  return { implementation, busy: () => calls > 0 };
}

const properties = (given: struct.Struct | undefined): Properties =>
  (given?.toJavaScript() ?? {}) as Properties;

const toStruct = (given: Properties): struct.Struct => struct.Struct.fromJavaScript(given);

/** The type and the name at the end of `urn:pulumi:stack::project::parents$type::name`. */
function parts(urn: string): { type: string; name: string } {
  const [, , types = '', ...name] = urn.split('::');
  return { type: types.split('$').at(-1) ?? '', name: name.join('::') };
}

function resourceOf(urn: string): Resource {
  const { type } = parts(urn);
  const resource = resources[type];
  if (!resource) throw new Error(`${type} is not in the stand-in for the command plugin`);
  return resource;
}

function checkResource(request: protocol.CheckRequest): protocol.CheckResponse {
  const { inputs, failures } = check(parts(request.getUrn()).type, properties(request.getNews()));
  const isNew = !request.getOlds()?.getFieldsMap().getLength();
  if (isNew && failures.length === 0) resourceOf(request.getUrn()).prepare();
  return new provider.CheckResponse()
    .setInputs(toStruct(inputs))
    .setFailuresList(
      failures.map(({ property, reason }) =>
        new provider.CheckFailure().setProperty(property).setReason(reason),
      ),
    );
}

function diffResource(request: protocol.DiffRequest): protocol.DiffResponse {
  const found = differences(properties(request.getOldInputs()), properties(request.getNews()));
  if (found.size > 0) resourceOf(request.getUrn()).prepare();
  const response = new provider.DiffResponse()
    .setChanges(found.size > 0 ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE)
    .setHasdetaileddiff(true);
  for (const [path, difference] of found)
    response
      .getDetaileddiffMap()
      .set(path, new provider.PropertyDiff().setKind(kindOf(path, difference)));
  return response;
}

/** A list of triggers that comes or goes replaces; for a changed element the SDK asks the engine to. */
const kindOf = (path: string, difference: Difference): protocol.PropertyDiff.Kind =>
  kinds[difference][path === 'triggers' ? 1 : 0];

const kinds: Record<Difference, [protocol.PropertyDiff.Kind, protocol.PropertyDiff.Kind]> = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
};

async function createResource(
  request: protocol.CreateRequest,
  context: Context,
): Promise<protocol.CreateResponse> {
  const inputs = properties(request.getProperties());
  const resource = resourceOf(request.getUrn());
  const outputs = request.getPreview()
    ? unknowns(resource)
    : await resource.create(inputs, context);
  return new provider.CreateResponse()
    .setId(request.getPreview() ? '' : newId(request.getUrn()))
    .setProperties(toStruct({ ...inputs, ...outputs }));
}

async function updateResource(
  request: protocol.UpdateRequest,
  context: Context,
): Promise<protocol.UpdateResponse> {
  const inputs = properties(request.getNews());
  const resource = resourceOf(request.getUrn());
  const outputs = request.getPreview()
    ? unknowns(resource)
    : await resource.update(properties(request.getOlds()), inputs, context);
  return new provider.UpdateResponse().setProperties(toStruct({ ...inputs, ...outputs }));
}

async function deleteResource(
  request: protocol.DeleteRequest,
  context: Context,
): Promise<empty.Empty> {
  await resourceOf(request.getUrn()).delete(properties(request.getProperties()), context);
  return new empty.Empty();
}

/** There is nothing to read on a host: a refresh finds what is in the state. */
const readResource = (request: protocol.ReadRequest): protocol.ReadResponse =>
  new provider.ReadResponse()
    .setId(request.getId())
    .setProperties(request.getProperties())
    .setInputs(request.getInputs());

const unknowns = ({ computed }: Resource): Properties =>
  Object.fromEntries(computed.map((name): [string, Value] => [name, unknown]));

/** A command's identity begins with its name, a copy's is random alone. */
function newId(urn: string): string {
  const { type, name } = parts(urn);
  return (type.endsWith(':Command') ? name : '') + randomBytes(4).toString('hex');
}
