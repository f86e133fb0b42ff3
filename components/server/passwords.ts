/** Passwords that people set, for sudo or a provider's console: sshd takes none, but whoever steals /etc/shadow tries. */
import { aptPackage, setting } from '../host/kinds.ts';
import { serverComponent } from './component.ts';
import { type Hardening, isHardened } from './hardening.ts';

/**
 * PAM hashes by yescrypt, and from Debian 13 on by this cost: each step doubles time and memory, from 16 MiB at its
 * default of 5. Rounds of SHA-512 are for what does not go through PAM, such as `gpasswd` of Debian 12, whose own
 * login.defs calls the default of 5000 orders of magnitude too low; as many as OWASP asks of PBKDF2 with SHA-512.
 */
const hashing = {
  YESCRYPT_COST_FACTOR: '6',
  SHA_CRYPT_MIN_ROUNDS: '210000',
  SHA_CRYPT_MAX_ROUNDS: '210000',
} as const;

export const passwords = serverComponent({
  name: 'passwords',
  fields: {},
  render: (server: Hardening) =>
    isHardened(server, 'passwords')
      ? {
          base: [
            // Its package enters itself into PAM, and takes itself out.
            aptPackage('libpam-passwdqc'),
            ...Object.entries(hashing).map(([key, value]) => setting(`login.${key}`, value)),
          ],
        }
      : {},
});
