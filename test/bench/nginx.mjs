// test/bench/nginx.mjs - the yardstick of pages: nginx with one worker, which serves the
// same bytes as a static file, also over TLS with the same pair and cipher.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { send } from '../support/client.mjs';
import { freePort, until } from '../support/process.mjs';
import { atEnd } from '../support/xiaopu.mjs';

const tlsLines = ({ cert, key, cipher }) => `ssl_certificate ${cert}; ssl_certificate_key ${key};
  ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites ${cipher};`;

// As many bytes out of the configuration, which takes no word of over 4,096 of them.
function memoryLines({ length }) {
  const [words, rest] = [Math.floor(length / 1000), length % 1000];
  return `location = /memory { set $k ${'x'.repeat(1000)};
    return 200 "${'${k}'.repeat(words)}${'x'.repeat(rest)}"; }`;
}

// { base, pid }: /page serves the bytes from a file, /memory as many by `return`.
export async function startNginx(t, dir, bytes, tls) {
  const port = await freePort();
  mkdirSync(path.join(dir, 'www'), { recursive: true });
  writeFileSync(path.join(dir, 'www/page'), bytes);
  writeFileSync(
    path.join(dir, 'nginx.conf'),
    `daemon off; master_process off; worker_processes 1; pid ${dir}/nginx.pid; error_log /dev/null;
events { worker_connections 8192; }
http { access_log off; default_type text/html; sendfile on; tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir};
  uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  server { listen 127.0.0.1:${port} ${tls ? 'ssl' : ''}; root ${dir}/www; ${tls ? tlsLines(tls) : ''}
    ${memoryLines(bytes)}
  } }\n`,
  );
  const words = ['-c', path.join(dir, 'nginx.conf'), '-e', '/dev/null'];
  const nginx = spawn('nginx', words, { stdio: 'ignore' });
  const ended = once(nginx, 'close');
  atEnd(t, async () => {
    nginx.kill('SIGTERM');
    await ended;
  });
  const base = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  await until('nginx serves', () => send(base, 'GET', '/page').catch(() => undefined));
  return { base, pid: nginx.pid };
}
