/**
 * The controls of dev-sec's linux-baseline (https://github.com/dev-sec/linux-baseline, 537b84c), by their own numbers.
 * In a container the kernel's settings that are not a network namespace's own are the machine's: those are left out.
 */
import { type Control, file, holds, kernel, left } from './control.ts';

const machine =
  'the machine’s, which a container cannot set; on a machine of its own the kit sets it';
const both = (name: string, wanted: string): string =>
  ['all', 'default'].map((of) => kernel(name.replace('*', of), wanted)).join('; ');

export const linux: readonly Control[] = [
  holds('os-01', 'No hosts are trusted to log in', '[ ! -e /etc/hosts.equiv ]'),
  holds('os-02', 'Owner and mode of /etc/shadow', file('/etc/shadow', 'root shadow 640')),
  holds('os-03', 'Owner and mode of /etc/passwd', file('/etc/passwd', 'root root 644')),
  holds(
    'os-03b',
    'No hashes in /etc/passwd',
    '! awk -F: \'$2 != "x" && $2 != "*"\' /etc/passwd | grep .',
  ),
  holds(
    'os-04',
    'No directory of the moment in PATH',
    'case :$PATH: in *::* | *:.:*) exit 1 ;; esac',
  ),
  left(
    'os-05',
    'login.defs',
    'ages of passwords are for people who have passwords; the umask of who logs in is set in /etc/profile.d',
  ),
  left('os-05b', 'login.defs of RedHat', 'of another distribution'),
  left(
    'os-06',
    'No programs with SUID of a list',
    'the list has programs of Debian’s own, which people need to change their passwords',
  ),
  holds(
    'os-07',
    'Numbers of users and groups are unique',
    '! { cut -d: -f3 /etc/passwd | sort | uniq -d; cut -d: -f3 /etc/group | sort | uniq -d; } | grep .',
  ),
  holds(
    'os-09',
    'No .rhosts and .netrc',
    '! find / -xdev \\( -name .rhosts -o -name .netrc \\) | grep .',
  ),
  holds(
    'os-10',
    'File systems that nobody uses are not loaded; udf stays, by which Azure hands over settings',
    'for one in cramfs freevxfs jffs2 hfs hfsplus; do grep -rqsE "^(install $one /bin/(true|false)|blacklist $one)" /etc/modprobe.d || exit 1; done',
  ),
  holds('os-11', '/var/log is root’s', '[ "$(stat -c %U /var/log)" = root ]'),
  left('os-12', 'The processor has no known weakness', machine),
  left(
    'os-13',
    'cron’s files are root’s alone',
    'what lies there is public in Debian, and people keep files there',
  ),
  left('os-14', 'noexec of mounts', 'how disks are divided is decided when a machine is made'),
  left('os-15', 'nosuid of mounts', 'how disks are divided is decided when a machine is made'),
  left('os-16', 'nodev of mounts', 'how disks are divided is decided when a machine is made'),
  holds(
    'package-01',
    'No inetd',
    '! dpkg -s openbsd-inetd xinetd inetutils-inetd 2>/dev/null | grep "ok installed"',
  ),
  holds(
    'package-02',
    'No telnetd',
    '! dpkg -s telnetd inetutils-telnetd 2>/dev/null | grep "ok installed"',
  ),
  holds('package-03', 'No rsh server', '! dpkg -s rsh-server 2>/dev/null | grep "ok installed"'),
  holds('package-05', 'No NIS', '! dpkg -s nis ypserv 2>/dev/null | grep "ok installed"'),
  holds('package-06', 'No TFTP', '! dpkg -s tftpd tftpd-hpa 2>/dev/null | grep "ok installed"'),
  left('package-08', 'auditd', 'by choice: it logs much, which nobody reads on most servers'),
  holds('package-09', 'No prelink', '! dpkg -s prelink 2>/dev/null | grep "ok installed"'),
  left(
    'sysctl-01',
    'IPv4 is not forwarded',
    'Docker and VPNs forward; the kit does not know of them, and sets nothing that would cut them off',
  ),
  left(
    'sysctl-02',
    'Packets are from where they say',
    'cuts off hosts with two addresses; Debian’s own value stays',
  ),
  holds(
    'sysctl-03',
    'Bogus ICMP errors are not logged',
    kernel('net.ipv4.icmp_ignore_bogus_error_responses', '1'),
  ),
  holds(
    'sysctl-04',
    'Broadcasts are not answered',
    kernel('net.ipv4.icmp_echo_ignore_broadcasts', '1'),
  ),
  left(
    'sysctl-05',
    'Rate of ICMP',
    'Linux’s 1000 ms is stricter than the 100 ms that is asked for',
  ),
  left('sysctl-06', 'Which ICMP is limited', 'goes with sysctl-05'),
  left(
    'sysctl-07',
    'No TCP timestamps',
    'they protect against old packets of fast connections; since Linux 4.10 they do not tell the uptime',
  ),
  left(
    'sysctl-08',
    'ARP answers for the address of its interface alone',
    'breaks addresses that are shared or moved between interfaces',
  ),
  left('sysctl-09', 'ARP asks by the best address', 'goes with sysctl-08'),
  holds('sysctl-10', 'RFC 1337', kernel('net.ipv4.tcp_rfc1337', '1')),
  holds('sysctl-11', 'SYN cookies', kernel('net.ipv4.tcp_syncookies', '1')),
  left('sysctl-12', 'Shared media', 'of routers'),
  holds(
    'sysctl-13',
    'No source routes',
    `${both('net.ipv4.conf.*.accept_source_route', '0')}; ${both('net.ipv6.conf.*.accept_source_route', '0')}`,
  ),
  holds('sysctl-14', 'No redirects over IPv4', both('net.ipv4.conf.*.accept_redirects', '0')),
  holds(
    'sysctl-15',
    'No redirects of gateways either',
    both('net.ipv4.conf.*.secure_redirects', '0'),
  ),
  holds('sysctl-16', 'No redirects are sent', both('net.ipv4.conf.*.send_redirects', '0')),
  holds('sysctl-17', 'Impossible addresses are logged', both('net.ipv4.conf.*.log_martians', '1')),
  left('sysctl-19', 'IPv6 is not forwarded', 'as sysctl-01'),
  holds('sysctl-20', 'No redirects over IPv6', both('net.ipv6.conf.*.accept_redirects', '0')),
  ...['21', '22', '23', '24', '25', '26', '27', '28'].map((number) =>
    left(
      `sysctl-${number}`,
      'Router advertisements',
      'many providers give a server its IPv6 address by them: without, it is gone',
    ),
  ),
  left('sysctl-29', 'No module is loaded any more', 'whoever mounts or tunnels later needs one'),
  left('sysctl-30', 'No SysRq', machine),
  left('sysctl-31a', 'No core dumps of set-uid programs', machine),
  left('sysctl-31b', 'Where core dumps go', machine),
  holds('sysctl-32', 'Addresses are random', kernel('kernel.randomize_va_space', '2')),
  left('sysctl-33', 'NX', machine),
  holds(
    'sysctl-34',
    'Links in shared directories are protected',
    ['protected_symlinks', 'protected_hardlinks']
      .map((name) => kernel(`fs.${name}`, '1'))
      .join('; '),
  ),
  left('sysctl-35', 'ptrace is the administrator’s', machine),
];
