/**
 * The one way into the VS Code server. Whoever reaches a workbench can run programs as its user, and people who size
 * models share their machines; so the server listens on a Unix socket in a private folder, and this door on
 * 127.0.0.1 lets in only browsers that came with the printed link. It also turns that short link into the
 * workbench's long address.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';

export interface DoorOptions {
  /** The server's Unix socket. */
  readonly socket: string;
  /** This port or an error. */
  readonly port?: number | undefined;
  /** This port if it is free, else any. */
  readonly preferredPort?: number | undefined;
  /** Where `/` leads, for a browser that reached us as `host`. */
  readonly home: (host: string) => string;
}

export interface Door {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, which opens for nobody without the token. */
  readonly origin: string;
  readonly token: string;
  close(): void;
}

export async function openDoor({ socket, port, preferredPort, home }: DoorOptions): Promise<Door> {
  const token = randomBytes(12).toString('hex');
  const connections = new Set<Duplex>();
  const server = http.createServer();
  const actual = await listen(server, port ?? preferredPort ?? 0, port === undefined);
  // Cookies are shared by all ports of a host: the name keeps two windows apart.
  const cookie = `decode-lens-${actual}`;

  const knows = (candidate: string | null | undefined) =>
    candidate?.length === token.length && timingSafeEqual(Buffer.from(candidate), Buffer.from(token));
  const admitted = ({ headers }: http.IncomingMessage) =>
    (headers.cookie ?? '')
      .split(/; */)
      .some((pair) => pair.startsWith(`${cookie}=`) && knows(pair.slice(cookie.length + 1)));

  server.on('request', (request, response) => {
    const host = request.headers.host ?? `127.0.0.1:${actual}`;
    const target = new URL(request.url ?? '/', 'http://door');
    const invited = knows(target.searchParams.get('token'));
    if (!invited && !admitted(request)) {
      response
        .writeHead(403, { 'content-type': 'text/plain' })
        .end('Open the link that Decode Lens printed in the terminal.\n');
    } else if (invited || (target.pathname === '/' && !target.search)) {
      target.searchParams.delete('token');
      const location = target.search ? `${target.pathname}${target.search}` : home(host);
      response
        .writeHead(302, { location, 'set-cookie': `${cookie}=${token}; Path=/; HttpOnly; SameSite=Lax` })
        .end();
    } else {
      forward(socket, request, response);
    }
  });
  server.on('upgrade', (request, client: Duplex, head) => {
    if (!admitted(request)) {
      client.destroy();
      return;
    }
    const upstream = net.connect(socket);
    for (const end of [client, upstream]) {
      connections.add(end);
      end.once('close', () => connections.delete(end));
      end.on('error', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.write(requestHead(request));
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
  });

  return {
    port: actual,
    origin: `http://127.0.0.1:${actual}`,
    token,
    close() {
      server.close();
      server.closeAllConnections();
      for (const connection of connections) connection.destroy();
    },
  };
}

async function listen(server: http.Server, port: number, orAny: boolean): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && orAny && port !== 0)
        listen(server, 0, false).then(() => {
          resolve();
        }, reject);
      else if (error.code === 'EADDRINUSE')
        reject(new Error(`Port ${port} is in use; choose another one with --port.`));
      else reject(error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  server.removeAllListeners('error');
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('The door has no port.');
  return address.port;
}

function forward(socketPath: string, request: http.IncomingMessage, response: http.ServerResponse): void {
  const upstream = http.request(
    { socketPath, path: request.url, method: request.method, headers: request.headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  upstream.once('error', () => {
    if (!response.headersSent) response.writeHead(502, { 'content-type': 'text/plain' });
    response.end('VS Code is starting or has ended.\n');
  });
  response.once('close', () => upstream.destroy());
  request.pipe(upstream);
}

function requestHead({ method, url, rawHeaders }: http.IncomingMessage): string {
  const lines = [`${method ?? 'GET'} ${url ?? '/'} HTTP/1.1`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    lines.push(`${rawHeaders[i] ?? ''}: ${rawHeaders[i + 1] ?? ''}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
