/** Certificates and keys in PEM, made by openssl, for sites of tests. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (...given: string[]): unknown =>
  execFileSync('openssl', given, { stdio: ['ignore', 'ignore', 'pipe'] });

const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Paths and texts of a certificate and its key. */
export type Pem = { certificate: string; key: string; paths: { certificate: string; key: string } };

type Asked = {
  names: readonly string[];
  /** Until it ends. */
  days?: number;
  /** Of its key, for one of RSA. */
  bits?: number;
  /** That signs it; without one it signs itself. */
  by?: Pem;
};

/**
 * Makes a certificate in a directory.
 * @example pem(directory, 'shop', { names: ['shop.example.com'] }).paths.certificate
 */
export function pem(directory: string, name: string, { names, days = 30, bits, by }: Asked): Pem {
  mkdirSync(directory, { recursive: true });
  const paths = {
    certificate: join(directory, `${name}.pem`),
    key: join(directory, `${name}.key`),
  };
  const altNames = names.map((it) => (/^[0-9.]+$/.test(it) ? `IP:${it}` : `DNS:${it}`)).join();
  const made = bits === undefined ? ec : ['-newkey', `rsa:${bits}`, '-nodes'];
  const signed = by ? ['-CA', by.paths.certificate, '-CAkey', by.paths.key] : [];
  openssl(
    ...['req', '-x509', ...made, '-keyout', paths.key, '-out', paths.certificate],
    ...['-days', `${days}`, '-subj', `/CN=${name}`, ...signed],
    ...(names.length > 0 ? ['-addext', `subjectAltName=${altNames}`] : []),
  );
  const text = (path: string) => readFileSync(path, 'utf8');
  return { certificate: text(paths.certificate), key: text(paths.key), paths };
}
