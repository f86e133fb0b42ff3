import Fastify from 'fastify';

const fastify = Fastify({ logger: true, trustProxy: 'loopback' });

const order = {
  type: 'object',
  required: ['amount'],
  properties: { amount: { type: 'integer', minimum: 1 } },
};

fastify.get('/', async ({ protocol, host }) => ({ edition: 'first edition', protocol, host }));
fastify.post('/orders', { schema: { body: order } }, async (request, reply) =>
  reply.code(201).send(request.body),
);

// As its documentation says for containers and servers.
await fastify.listen({ port: Number(process.env.PORT ?? 3000), host: '0.0.0.0' });
