// The fleet page on PostGraphile 5: its recommended preset over the views of one shape, nested or flat.
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

const server = createServer();
await postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ schemas: [`peers_${process.argv[2]}`], poolConfig: { max: 10, options: '-c timezone=UTC' } })],
  grafserv: { graphqlPath: '/graphql', watch: false, graphiql: false },
}).createServ(grafserv).addTo(server);
server.listen(Number(process.env.PORT), '127.0.0.1');
