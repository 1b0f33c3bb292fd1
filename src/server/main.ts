import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { startServer } from './server';

// Transport (stdio, node IPC, socket, pipe) comes from the arguments.
startServer(createConnection(ProposedFeatures.all), () => import('../service'));
