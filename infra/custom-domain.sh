#!/usr/bin/env bash
# Binds your own host name to the app, with a certificate that Azure makes and renews. Run again, it changes nothing.
#
#   infra/custom-domain.sh --resource-group NAME --app APP --host vmr.example.com
#
# Not part of the templates: a certificate can be made only for a name that is bound already, and bound only once it is
# there. Flex Consumption wants a CNAME (no bare domains), and takes three certificates an app (not confirmed here).
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

bound=$(az functionapp config hostname list --resource-group "$group" --webapp-name "$app" --query '[].name' --output tsv)
if ! grep -qxF "$host" <<<"$bound"; then
  az functionapp config hostname add --resource-group "$group" --name "$app" --hostname "$host" --output none ||
    fail "$host cannot be bound" "make these two records in your DNS, wait until they are seen, and run this again:
        $host.          CNAME  $default_host.
        asuid.$host.    TXT    $verification"
fi

thumbprint() {
  az functionapp config ssl list --resource-group "$group" --output tsv \
    --query "[?subjectName=='$host' || contains(hostNames || \`[]\`, '$host')].thumbprint | [0]"
}

print=$(thumbprint)
if [[ ! $print || $print == None ]]; then
  az functionapp config ssl create --resource-group "$group" --name "$app" --hostname "$host" --output none ||
    fail "no certificate was made for $host" "look at CAA records of the domain: digicert.com must be allowed"
  print=$(thumbprint)
fi
[[ $print && $print != None ]] || fail "the certificate for $host is not there yet" "run this again in some minutes"
az functionapp config ssl bind --resource-group "$group" --name "$app" --certificate-thumbprint "$print" \
  --ssl-type SNI --output none || fail "the certificate cannot be bound" "run this again; see the message above"
printf 'https://%s leads to %s\n' "$host" "$app"
