#!/usr/bin/env bash
# The provider's app registration for customers' Exchange Online: one for all customers. Run in the provider's tenant,
# which must be the one of the managed identity. Run again, it changes nothing.
#
#   infra/grants/service-provider.sh --identity OBJECT-ID
#
#   --identity  object id of the app's managed identity (infra/deploy.sh prints it)
#
# The registration asks for no permission at all: each customer's Exchange allows it one mailbox (exchange-online.ps1).
# The managed identity vouches for it, so no secret and no certificate has to be kept and renewed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

identity=''
while (($#)); do
  case $1 in
    --identity) identity=${2-} ;;
    --help) usage; exit ;;
    *) fail "unknown argument $1" "infra/grants/service-provider.sh --help" ;;
  esac
  shift $(($# > 1 ? 2 : 1))
done
[[ $identity ]] || fail "--identity is needed" "infra/grants/service-provider.sh --help"
need_login

register vmr-scheduling-exchange '{
  "displayName": "VMR scheduling for Exchange",
  "signInAudience": "AzureADMultipleOrgs"
}'
enterprise_app "$app_id"

has=$(az ad app federated-credential list --id "$app_object" --query "[?subject=='$identity'].name | [0]" --output tsv)
if [[ ! $has || $has == None ]]; then
  az ad app federated-credential create --id "$app_object" --output none --parameters '{
    "name": "managed-identity",
    "issuer": "https://login.microsoftonline.com/'"$tenant"'/v2.0",
    "subject": "'"$identity"'",
    "audiences": ["api://AzureADTokenExchange"]
  }' || fail "the managed identity cannot vouch for the app" "is $identity its object id (not its client id)?"
fi

cat <<END
Give this id to your customers: $app_id
What each customer does is in docs/service-providers.md.
END
