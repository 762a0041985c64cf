#!/usr/bin/env bash
# Certificates for tests of TLS.
#   certificates.sh DIR NAME   makes in DIR: ca.pem (an authority), cert.pem and key.pem (a server called NAME, certified
#                              by it), other.pem (an authority that has certified nobody)
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: certificates.sh DIR NAME" >&2; exit 1; }
cd "$1"
umask 022
{
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
  openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other
  openssl req -newkey rsa:2048 -nodes -keyout key.pem -out csr.pem -subj "/CN=$2"
  openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out cert.pem
} >openssl.log 2>&1 || { cat openssl.log >&2; exit 1; }
# A server that root has started runs as nobody, and PostgreSQL wants the key for itself.
chmod 600 key.pem
[ "$(id -u)" -ne 0 ] || chown nobody key.pem
