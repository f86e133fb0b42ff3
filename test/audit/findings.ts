/** What scanners say of a host as the kit leaves it, and why that stays so. What is not here is a fault. */

const machine = 'of the machine below a container';
const packages =
  'one more program on each server, for what the kit’s own look, alerts or updates tell';
const passwords = 'one that must be changed each 90 days is a worse one (NIST SP 800-63B)';

/** Of Lynis, by the number of its test. */
export const lynis: Readonly<Record<string, string>> = {
  'ACCT-9622': 'a record of each process: what is worth one depends on who reads it',
  'ACCT-9626': packages,
  'ACCT-9628': 'auditd by choice (`packages`), with rules of one’s own',
  'AUTH-9284': 'accounts of services are locked, as they should be',
  'AUTH-9286': passwords,
  'AUTH-9328':
    'umask 027 of who logs in is set in /etc/profile.d; that of login.defs is root’s as well in Debian 13, whose files others must read',
  'BANN-7126': 'a banner tells an attacker nothing that stops him',
  'BANN-7130': 'a banner tells an attacker nothing that stops him',
  'BOOT-5180': machine,
  'BOOT-5264':
    'the kit’s own, nginx, Monit and apps are in sandboxes; those of Debian are Debian’s',
  'DEB-0280': 'libpam-tmpdir changes where programs of people’s look for temporary files',
  'DEB-0810': packages,
  'DEB-0811': packages,
  'DEB-0831': 'keelson updated finds and moves what runs on old libraries',
  'DEB-0880': 'the firewall limits who comes to sshd, which takes keys alone',
  'FILE-6310': 'how disks are divided is decided when a machine is made',
  'FILE-7524': 'what lies in /etc/cron.* is public in Debian, and people keep files there',
  'FINT-4350': 'each preview says what differs; whoever is root changes that tool’s notes as well',
  'HOME-9304':
    'of the user whom bookworm’s useradd made before the kit came; what lies in a home may be served from there',
  'HRDN-7230': 'a scanner for other systems’ malware reads all uploads as root',
  'HTTP-6710': 'http of the default server leads nowhere; each site with TLS has Mozilla’s profile',
  'HTTP-6712': 'the site has a log of its own',
  'KRNL-5788': machine,
  'KRNL-6000': 'settings of the machine, and those that docs/system.md names with reasons',
  'LOGG-2154': 'by choice: `ship` in docs/logs.md',
  'NAME-4028': 'a server needs no domain of its own',
  'NETW-3200': machine,
  'PKGS-7370': 'a timer of systemd’s does it each week, not cron, whose mail nobody reads',
  'PKGS-7394': packages,
  'PKGS-7420': 'unattended-upgrades does',
  'PROC-3612':
    'programs of Monit’s checks, which it asks how they ended in its next round, ten seconds later',
  'SSH-7408':
    'the port, sessions and tries: another port hides little, and editors and agents need theirs',
  'STRG-1846': machine,
  'TOOL-5002': 'Keelson, which leaves no agent there to be found',
};

/** Of testssl.sh above low, by its name. */
export const tls: Readonly<Record<string, string>> = {
  HSTS_time:
    'a day to begin with: a longer one is the operator’s word (`tls.hsts`), since it cannot be taken back',
  cert_revocation: 'the certificate of this test has no CA that could revoke it',
  cipher_order:
    'all ciphers that are left are good: Mozilla’s profile leaves the choice to the client, which knows what it does quickly',
};

const older =
  'ssh-audit 2.5.0 of bookworm is older than this is known for good; 3.3.0 of trixie finds nothing in it';

/** Of ssh-audit, by algorithm or name. */
export const ssh: Readonly<Record<string, string>> = {
  'sntrup761x25519-sha512@openssh.com': older,
  'kex-strict-s-v00@openssh.com': older,
};

/** Controls of goss that a container cannot keep. */
export const goss: Readonly<Record<string, string>> = {
  'sysctl-34': machine,
};
