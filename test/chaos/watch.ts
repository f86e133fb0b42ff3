/** A sampler on the host that looks at files while they are changed, lest one is ever seen half-written. */
import type { DebianHost } from '../harness/host.ts';

/** One state in which a file was seen: `PATH MODE OWNER:GROUP LENGTH:SUM`, or `PATH absent`. */
export type Sighting = string;

// Owner, mode and content through one descriptor, so that they belong to one file. A disk that gives
// errors shows nothing.
const look = `
  sub look {
    my ($path) = @_;
    lstat $path or return $!{ENOENT} ? "$path absent" : undef;
    return "$path " . (-l _ ? "link " . readlink $path : "no file") unless -f _;
    open my $file, "<", $path or return $!{ENOENT} ? look($path) : undef;
    my @stat = stat $file;
    local $/; my $text = <$file>; $text = "" unless defined $text;
    return sprintf "%s %04o %d:%d %d:%u", $path, $stat[2] & 07777, $stat[4], $stat[5], length $text, unpack "%32C*", $text;
  }`;

// What is staged beside a target may be half-written, but is open to nobody who may not read the target.
const staged = `
  for my $file (glob "{/etc/keelson/shop,/etc/monit/keelson.d,/etc/keelson/sudoers.d}/keelson.*") {
    my @stat = lstat $file or next;
    next unless $stat[2] & 07;
    # A unit file beside the environment is nobody\x27s secret.
    open my $text, "<", $file or next;
    next if grep /^\\[Service\\]/, <$text>;
    print "$file open to all\\n";
  }`;

/** Looks once. */
export async function sightings(
  host: DebianHost,
  paths: readonly string[],
): Promise<Set<Sighting>> {
  const seen = await host.exec(
    `perl -e '${look} print look($_), "\\n" for @ARGV' ${paths.join(' ')}`,
  );
  return new Set(seen.split('\n').filter(Boolean));
}

/** Looks about a hundred times a second until the stop is called; returns all that was ever seen. */
export function watch(
  host: DebianHost,
  paths: readonly string[],
): { stop: () => Promise<Set<Sighting>> } {
  const loop = `${look} $| = 1; my %seen;
    while (!-e "/run/stop-watching") {
      for (@ARGV) { my $now = look($_); next unless defined $now; print "$now\\n" unless $seen{$now}++ }
      ${staged} select undef, undef, undef, 0.01;
    }`;
  const watching = host.tryExec(
    `rm -f /run/stop-watching; timeout 300 perl -e '${loop}' ${paths.join(' ')}`,
    { timeout: 310_000 },
  );
  return {
    stop: async () => {
      await host.tryExec('touch /run/stop-watching');
      const { stdout } = await watching;
      return new Set(stdout.split('\n').filter(Boolean));
    },
  };
}
