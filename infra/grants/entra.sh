#!/usr/bin/env bash
# App registrations in Entra: with them, Outlook proves its user by an Entra token (nested app authentication).
# Not needed where Exchange is on-premises. Run again, it changes nothing.
#
#   infra/grants/entra.sh --host vmr.example.com [--multi-tenant] [--admin OBJECT-ID]
#
#   --host          the add-in's host name, as in the manifest
#   --multi-tenant  users of other tenants sign in too (service providers)
#   --admin         a user or group that gets the app role Scheduling.Admin
#
# It makes two registrations: the API, which asks for no permission whatsoever, and the add-in, which may ask for the
# API's tokens and for nothing else.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "$0")/common.sh"

# Ours alone, and the same in every deployment, so that a second run changes the scope and role instead of adding some.
readonly scope_id=6f0f2e2c-5b0d-4c55-9f9b-0d1f4d8f5a10 role_id=0b8e6d57-4a3e-4f0b-8f5e-6b9a0a7c3d21
# Microsoft's own client id of the Azure CLI: `az rest --resource api://…` works for admins.
readonly azure_cli=04b07795-8ddb-461a-bbee-02f9e1bf7b46

host='' audience=AzureADMyOrg admin=''
while (($#)); do
  case $1 in
    --host) host=${2-} ;;
    --admin) admin=${2-} ;;
    --multi-tenant) audience=AzureADMultipleOrgs; shift; continue ;;
    --help) usage; exit ;;
    *) fail "unknown argument $1" "infra/grants/entra.sh --help" ;;
  esac
  shift $(($# > 1 ? 2 : 1))
done
[[ $host ]] || fail "--host is needed" "infra/grants/entra.sh --help"
need_login

# The add-in: a page without a secret. The broker's redirect URI is the origin alone, without a path.
register vmr-scheduling-addin '{
  "displayName": "VMR scheduling add-in",
  "signInAudience": "'"$audience"'",
  "spa": {"redirectUris": ["brk-multihub://'"$host"'"]}
}'
addin_id=$app_id
enterprise_app "$addin_id"

# The API: version 2 tokens (version 1 tokens are refused), one scope for users, one role for admins.
register vmr-scheduling-api '{
  "displayName": "VMR scheduling",
  "signInAudience": "'"$audience"'",
  "api": {
    "requestedAccessTokenVersion": 2,
    "oauth2PermissionScopes": [{
      "id": "'"$scope_id"'",
      "value": "access_as_user",
      "type": "User",
      "isEnabled": true,
      "adminConsentDisplayName": "Schedule VMRs as the user",
      "adminConsentDescription": "Lets the Outlook add-in ask for a meeting room in the name of the signed-in user.",
      "userConsentDisplayName": "Schedule VMRs for you",
      "userConsentDescription": "Lets the Outlook add-in ask for a meeting room in your name."
    }]
  },
  "appRoles": [{
    "id": "'"$role_id"'",
    "value": "Scheduling.Admin",
    "displayName": "Scheduling administrator",
    "description": "Manages the integrations through the management API.",
    "allowedMemberTypes": ["User", "Application"],
    "isEnabled": true
  }]
}'
api_id=$app_id
# Only now is the id known that the URI holds. Whoever is pre-authorised needs nobody's consent.
change '{
  "identifierUris": ["api://'"$api_id"'"],
  "api": {"preAuthorizedApplications": [
    {"appId": "'"$addin_id"'", "delegatedPermissionIds": ["'"$scope_id"'"]},
    {"appId": "'"$azure_cli"'", "delegatedPermissionIds": ["'"$scope_id"'"]}
  ]}
}'
enterprise_app "$api_id"

if [[ $admin ]]; then
  has=$(az rest --method get --url "$graph/servicePrincipals/$principal/appRoleAssignedTo" --output tsv \
    --query "value[?principalId=='$admin' && appRoleId=='$role_id'].id | [0]")
  if [[ ! $has || $has == None ]]; then
    az rest --method post --url "$graph/servicePrincipals/$principal/appRoleAssignedTo" --output none \
      --headers Content-Type=application/json --body '{"principalId": "'"$admin"'", "resourceId": "'"$principal"'",
        "appRoleId": "'"$role_id"'"}' || fail "the role cannot be assigned to $admin" "is it the object id of a user or group?"
  fi
fi

cat <<END
Settings of the integration (tab add-in):
  addin_authentication_method       NAA_TOKEN
  addin_application_id              $addin_id
  addin_naa_web_api_application_id  $api_id
  addin_authority_url               https://login.microsoftonline.com/$tenant
  addin_oidc_metadata_url           https://login.microsoftonline.com/$tenant/v2.0/.well-known/openid-configuration
Parameter of the deployment, so that holders of the app role Scheduling.Admin may use the management API:
  param managementClientId = '$api_id'
And for their command line:
  export VMR_API_SCOPE=api://$api_id/.default
END
