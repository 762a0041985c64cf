// The database that servers under test run on: environment MEMORA_WIRE_BACKEND, "sqlite" (default), "postgres" or
// "mysql". Each backend-NAME.js exports
//   expected              the file of recorded answers
//   async prepare({ dir, fixture })
//                         a fresh database, holding the recorded data if fixture is true; dir is the data directory of
//                         the server. Gives { args, env, cleanUp }: flags and environment of the server, and an async
//                         function to be called after the server has ended for good; twice does no harm. Those that
//                         servers can share give { sql, query, session } as well, for looking past the server.
export const name = process.env.MEMORA_WIRE_BACKEND || "sqlite";

if (!["sqlite", "postgres", "mysql"].includes(name)) throw new Error(`MEMORA_WIRE_BACKEND: no backend "${name}"`);

export const { expected, prepare } = await import(`./backend-${name}.js`);
