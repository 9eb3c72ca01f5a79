#!/usr/bin/env bash
# Binds your own host name to the app, with a certificate that Azure makes and renews. Run again, it changes nothing.
#
#   infra/custom-domain.sh --resource-group NAME --app APP --host vmr.example.com
#
# Not part of infra/bicep: the DNS records can be made only when the app is there, and must be there before the name.
# Flex Consumption wants a CNAME (no bare domains), and takes three certificates an app.
set -euo pipefail

fail() {
  printf '\nFailed: %s\nDo:     %s\n' "$1" "$2" >&2
  exit 1
}

group='' app='' host=''
while (($#)); do
  case $1 in
    --resource-group) group=${2-} ;;
    --app) app=${2-} ;;
    --host) host=${2-} ;;
    --help)
      sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit
      ;;
    *) fail "unknown argument $1" "infra/custom-domain.sh --help" ;;
  esac
  shift $(($# > 1 ? 2 : 1))
done
[[ $group && $app && $host ]] || fail "--resource-group, --app and --host are needed" "infra/custom-domain.sh --help"

names=$(az functionapp show --resource-group "$group" --name "$app" --output tsv \
  --query '[defaultHostName, customDomainVerificationId]') || fail "there is no app $app in $group" "run infra/deploy.sh"
{ read -r default_host; read -r verification; } <<<"$names"

bound=$(az functionapp config hostname list --resource-group "$group" --webapp-name "$app" --query '[].name' \
  --output tsv) || fail "the host names of $app cannot be read" "run this again"
is_bound=false
if grep -qxF "$host" <<<"$bound"; then
  is_bound=true
fi

# Making the certificate takes some minutes.
az deployment group create --resource-group "$group" --name vmr-host-name --output none \
  --template-file "$(dirname "${BASH_SOURCE[0]}")/domain/main.bicep" \
  --parameters "app=$app" "host=$host" "isBound=$is_bound" ||
  fail "$host cannot be bound" "see the message above. These two records must be in your DNS, and seen by everybody:
        $host.          CNAME  $default_host.
        asuid.$host.    TXT    $verification
        A CAA record of the domain, if there is one, must allow digicert.com. Then run this again."
printf 'https://%s leads to %s\n' "$host" "$app"
