"""The states that commands find: each a layer of files on another, made by a shell script.

``@NAME@`` is filled in by `inside`.
"""

PROJECT = "/home/user/project"
"""Where a command is pasted, unless its entry says otherwise."""

_BASE = r"""
printf '%s' '127.0.0.1 localhost
@HOSTS@' > /etc/hosts
printf '%s' '@AUTHORITY@' >> /etc/ssl/certs/ca-certificates.crt
cat > /usr/local/bin/sudo <<'END'
#!/bin/sh
exec "$@"
END
cat > /usr/local/bin/neuron-pin <<'END'
#!@PYTHON@
import sys
sys.path.insert(0, "@ROOT@")
from neuron_pin.cli import entry
sys.exit(entry())
END
chmod 755 /usr/local/bin/sudo /usr/local/bin/neuron-pin
[ ! -e @SCRIPTS@/uv ] || ln -sf @SCRIPTS@/uv /usr/local/bin/uv
cat > /etc/os-release <<'END'
PRETTY_NAME="Ubuntu 24.04 LTS"
NAME="Ubuntu"
ID=ubuntu
ID_LIKE=debian
VERSION_ID="24.04"
VERSION_CODENAME=noble
END
mkdir -p "/lib/modules/$(uname -r)/build"
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/preferences.d /etc/apt/apt.conf.d \
    /etc/apt/trusted.gpg.d /etc/apt/preferences /etc/apt/apt.conf
mkdir -p /etc/apt/sources.list.d /etc/apt/preferences.d /etc/apt/apt.conf.d /etc/apt/keyrings \
    /etc/apt/trusted.gpg.d
rm -rf /var/lib/apt/lists /var/lib/dpkg/info /var/lib/dpkg/triggers /var/lib/dpkg/updates
mkdir -p /var/lib/apt/lists/partial /var/lib/dpkg/info /var/lib/dpkg/triggers /var/lib/dpkg/updates
: > /var/lib/dpkg/status
rm -f /etc/pip.conf /root/.pip/pip.conf /root/.config/pip/pip.conf /root/.config/uv/uv.toml
cat > /etc/apt/apt.conf.d/00test <<'END'
APT::Architecture "amd64"; APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
Acquire::Languages "none"; Acquire::Retries "0";
Dpkg::Use-Pty "0"; DPkg::Options { "--force-unsafe-io"; };
END
echo 'deb [trusted=yes] http://deb.debian.org/ ./' > /etc/apt/sources.list.d/debian.list
apt-get -qq update
"""

_PROJECT = r"""
cp -r @ROOT@/fixtures/golden/files/. .
neuron-pin lock -q --offline --instance trn2 --os ubuntu24.04 --python 3.12 -o lock.json \
    -o constraints.txt -o neuron.pref
neuron-pin lock -q neuronx-cc --instance trn2 --os ubuntu24.04 --python 3.12 -o pylock.toml
neuron-pin lock -q --offline --instance trn2 --os ubuntu24.04 --python 3.12 --sdk 2.31.1 -o old.json
cp lock.json /tmp/lock.json
cp /tmp/lock.json /root/lock.json
printf 'numpy\ntransformers\n' > requirements.txt
cp requirements.txt requirements.in
mkdir build
neuron-pin lock -q transformers --python 3.12 -o build/lock.json
cp @ROOT@/fixtures/golden/files/requirements.txt old-requirements.txt
cp -r @ROOT@/fixtures/announcements announcements
cp -r @ROOT@/fixtures/release-notes release-notes
cp @ROOT@/fixtures/manifest/irregular.json n2-manifest.json
sdk=/srv/github/aws-neuron/aws-neuron-sdk
mkdir -p $sdk/src/helperscripts $sdk/about-neuron
cp n2-manifest.json $sdk/src/helperscripts/
cp -r announcements $sdk/about-neuron/
cp release-notes/whats-new.rst $sdk/about-neuron/
cp -r release-notes $sdk/
git -C $sdk init -q
git -C $sdk add .
git -C $sdk -c user.name=test -c user.email=test@test.invalid commit -q -m test
git config --system url.file:///srv/github/.insteadOf https://github.com/
mkdir -p image/etc layers
cp /etc/os-release image/etc/
tar -cf layers/layer.tar -C image .
printf '{"rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}' \
    "$(sha256sum < layers/layer.tar | cut -c1-64)" > layers/config.json
echo '[{"Config": "config.json", "RepoTags": ["mine:1"], "Layers": ["layer.tar"]}]' > layers/manifest.json
tar -cf image.tar -C layers .
rm -r image layers
printf '[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["numpy"]\n' > pyproject.toml
@PYTHON@ -m venv .venv
ln -s /usr/local/bin/neuron-pin .venv/bin/neuron-pin
ln -s "$PWD/.venv/bin/pip" /usr/local/bin/pip
ln -sf "$PWD/.venv/bin/python" /usr/local/bin/python
for version in 3 3.8 3.9 3.10 3.11 3.12 3.13; do
  printf '#!/bin/sh\nexec @PYTHON@ "$@"\n' > /usr/local/bin/python$version
  chmod 755 /usr/local/bin/python$version
done
ln -s "$PWD/.venv" /opt/venv
cat > /usr/local/bin/make-environment <<'END'
#!/bin/sh -eu
# make-environment neuron-SDK-pyVERSION: what a plan's earlier steps leave behind
rest=${1#neuron-}
sdk=${rest%-py*} python=${rest##*-py}
python3.12 -m venv --without-pip "$1"
cp -r .venv/lib "$1/"
lock() { neuron-pin lock -q --offline --sdk "$sdk" --python "$python" --phase eos "$@"; }
lock --instance trn2 > "$1.constraints.txt" || lock --instance trn1 > "$1.constraints.txt"
lock --instance trn2 --format uv > "$1.uv.toml" || lock --instance trn1 --format uv > "$1.uv.toml"
END
chmod 755 /usr/local/bin/make-environment
.venv/bin/python -m pip install -q --extra-index-url https://pip.repos.neuron.amazonaws.com \
    neuronx-cc==2.27.5334.0
[ ! -e /usr/local/bin/uv ] || uv -q lock
"""

_CONFIGURED = r"""
printf '%s' '@NEURON_KEY@' > /etc/apt/keyrings/neuron.asc
cat > /etc/apt/sources.list.d/neuron.sources <<'END'
Types: deb
URIs: https://apt.repos.neuron.amazonaws.com
Suites: noble
Components: main
Architectures: amd64
Signed-By: /etc/apt/keyrings/neuron.asc
END
apt-get -qq update
apt-get -qq install -y aws-neuronx-tools=2.31.15.0-* aws-neuronx-runtime-lib=2.33.10.0-* \
    aws-neuronx-collectives=2.33.10.0-* aws-neuronx-dkms=2.29.0.0 >/dev/null
"""

_HOOKED = r"""
neuron-pin hook install apt -q --lock old.json
"""

_PLACEHOLDER = r"""
.venv/bin/python -m pip install -q torch-neuronx
"""

_CLONE = r"""
if ! [ @PREFIX@ -ef @ROOT@/.venv ]; then
    rm -rf @ROOT@/.venv
    ln -s @PREFIX@ @ROOT@/.venv
fi
"""

_DNF_HOST = r"""
cat > /etc/yum.repos.d/neuron.repo <<'END'
[neuron]
name=Neuron
baseurl=https://yum.repos.neuron.amazonaws.com
enabled=1
gpgcheck=0
END
dnf -q -y install aws-neuronx-tools-2.31.15.0 aws-neuronx-dkms-2.29.0.0
"""

_DNF_HOOKED = r"""
neuron-pin lock -q --offline --instance trn2 --os amzn2023 --python 3.11 --sdk 2.31.1 -o old.json
neuron-pin hook install dnf -q --lock old.json
"""

_JAMMY = r"""
sed -i 's/24\.04/22.04/; s/noble/jammy/' /etc/os-release
"""
"""The machine of tutorials: Ubuntu 22.04 with the packages of SDK 2.31.1."""

_SERVED = r"""
neuron-pin hook install pip uv -q --via http://127.0.0.1:8099 --venv .venv
"""
"""Where installers are pointed at a server, which each command has to start."""

_STEPPED = r"""
cp /etc/apt/keyrings/neuron.asc /etc/apt/keyrings/neuron.asc.new
efa=https://efa-installer.amazonaws.com
for file in aws-efa-installer-1.47.0.tar.gz aws-efa-installer-1.47.0.tar.gz.sig aws-efa-installer.key; do
  curl -fsSLO $efa/$file
done
tar -xf aws-efa-installer-1.47.0.tar.gz
gpg -q --batch --import aws-efa-installer.key
"""
"""In the middle of a plan: what its earlier steps leave behind."""

_DNF = r"""
cat > /etc/os-release <<'END'
NAME="Amazon Linux"
ID="amzn"
ID_LIKE="fedora"
VERSION_ID="2023"
END
ln -sf "$(command -v dnf)" /usr/local/bin/yum
rm -rf /etc/yum.repos.d /etc/dnf/dnf.conf /var/lib/rpm /root/.rpmdb /var/cache/dnf
mkdir -p /etc/yum.repos.d /etc/dnf
printf '[main]\ngpgcheck=0\nplugins=1\npluginpath=/usr/lib/python3/dist-packages/dnf-plugins\npluginconfpath=/etc/dnf/plugins\n' > /etc/dnf/dnf.conf
printf '[os]\nname=os\nbaseurl=http://mirror.example/rpm-os/\n' > /etc/yum.repos.d/os.repo
rm -rf /var/lib/dpkg /etc/apt
mkdir -p /var/lib/rpm /etc/rpm
echo "%_dbpath /var/lib/rpm" > /etc/rpm/macros.here
rm -f /etc/dnf/plugins/local.conf
mkdir -p /etc/dnf/vars
echo 2023 > /etc/dnf/vars/releasever
neuron-pin lock -q --offline --instance trn2 --os amzn2023 --python 3.11 -o lock.json
"""
"""A machine with dnf 4, where there is one."""

WORLDS: dict[str, tuple[str, str]] = {
    "base": ("", _BASE),
    "project": ("base", _PROJECT),
    "clone": ("project", _CLONE),
    "placeholder": ("project", _PLACEHOLDER),
    "host": ("project", _CONFIGURED),
    "hooked": ("host", _HOOKED),
    "jammy": ("project", _JAMMY + _CONFIGURED.replace("noble", "jammy")),
    "dnf": ("project", _DNF),
    "dnf-host": ("dnf", _DNF_HOST),
    "dnf-hooked": ("dnf-host", _DNF_HOOKED),
    "served": ("project", _SERVED),
    "stepped": ("host", _STEPPED),
}
"""Each world's name, what it lies on, and what makes it."""
