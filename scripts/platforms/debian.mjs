// Debian's packages, unpacked into folders. An apt with lists and settings of its own fetches them from where this machine's apt
// fetches its own; nothing is installed.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './cache.mjs'
import { run } from './run.mjs'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
/** What gives the address, the suite and the component of each list of packages that apt is configured for. */
const TARGETS = ['indextargets', '--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages']

const updated = new Map()

/**
 * Where Debian's archive and its security updates are fetched from, of the lines that TARGETS gives on a machine whose release has
 * this code name.
 */
export function mirrorsOf(targets, codename) {
  const rows = targets.split('\n').map(line => line.trim().split(/\s+/))
  const uriOf = suite => rows.find(([, release, component]) => release === suite && component === 'main')?.[0]
  const [archive, security] = [uriOf(codename), uriOf(`${codename}-security`)]
  if (!archive) throw new Error(`apt has no source for ${codename}, component main`)
  return { archive, security }
}

/** The lines of a sources.list for a release of Debian. */
export function sourceLines({ archive, security }, release, keyring) {
  const line = (uri, suite) => `deb [signed-by=${keyring}] ${uri} ${suite} main\n`
  return line(archive, release) + (security ? line(security, `${release}-security`) : '')
}

/**
 * The settings of an apt that keeps everything in `folder` and knows of no installed package. They are read after the machine's own,
 * so that its proxies hold; its hooks do not.
 */
export function aptSettings(folder, user) {
  return `#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear APT::Architectures;
APT::Architecture "amd64";
APT::Architectures { "amd64"; "arm64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "${user}";
Acquire::Retries "3";
Dir::State "${folder}";
Dir::State::lists "${folder}/lists";
Dir::State::status "${folder}/status";
Dir::State::extended_states "${folder}/extended_states";
Dir::Cache "${folder}";
Dir::Etc::sourcelist "${folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Log "${folder}";
`
}

/** Unpacks packages of a release of Debian into a folder, without what they need; "name:arm64" is one for the other processor. */
export function unpack(release, packages, folder) {
  const archives = join(folder, 'debs')
  mkdirSync(archives)
  run('apt-get', ['-c', aptFor(release), 'download', ...packages], { cwd: archives })
  extract(archives, folder)
}

/** Unpacks packages of a release of Debian, and all that they need, for this processor, into a folder. */
export function unpackSystem(release, architecture, packages, folder) {
  const archives = join(folder, 'debs')
  mkdirSync(join(archives, 'partial'), { recursive: true })
  const options = [`APT::Architecture=${architecture}`, `Dir::Cache::archives=${archives}`].flatMap(text => [
    '-o',
    text,
  ])
  run('apt-get', ['-c', aptFor(release), ...options, 'install', '--yes', '--download-only', ...packages])
  extract(archives, folder)
}

function extract(archives, folder) {
  const files = readdirSync(archives).filter(file => file.endsWith('.deb'))
  for (const file of files) run('dpkg-deb', ['--extract', join(archives, file), folder])
  rmSync(archives, { recursive: true })
}

/** The file of an apt's settings for that release, once its lists are up to date. */
function aptFor(release) {
  if (!updated.has(release)) updated.set(release, prepare(release))
  return updated.get(release)
}

function prepare(release) {
  if (!existsSync(KEYRING)) throw new Error(`this is no Debian: there is no ${KEYRING}`)
  const folder = join(cacheFolder(), `apt-${release}`)
  mkdirSync(join(folder, 'lists', 'partial'), { recursive: true })
  const codename = readFileSync('/etc/os-release', 'utf8').match(/^VERSION_CODENAME="?(\w+)"?$/m)?.[1]
  const mirrors = mirrorsOf(run('apt-get', TARGETS), codename)
  writeFileSync(join(folder, 'status'), '')
  writeFileSync(join(folder, 'sources.list'), sourceLines(mirrors, release, KEYRING))
  const settings = join(folder, 'apt.conf')
  writeFileSync(settings, aptSettings(folder, process.getuid() === 0 ? 'root' : ''))
  run('apt-get', ['-c', settings, 'update'])
  return settings
}
