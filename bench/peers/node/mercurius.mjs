// The fleet page on Mercurius with graphql-jit: its SDL, plain resolvers, joined SQL and no loaders.
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { GraphQLScalarType } from 'graphql';
import mercurius from 'mercurius';
import { account, simsOf } from './rows.mjs';

const scalar = (name, serialize) => new GraphQLScalarType({ name, serialize });
const resolvers = {
  DateTime: scalar('DateTime', (text) => text),
  Decimal: scalar('Decimal', String),
  ICCID: scalar('ICCID', String),
  MSISDN: scalar('MSISDN', String),
  Query: { account: (_, { id }) => account(id) },
  Account: { sims: simsOf },
};
const app = Fastify();
app.register(mercurius, { schema: readFileSync(process.env.BENCH_SDL, 'utf8'), resolvers, jit: 1 });
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
