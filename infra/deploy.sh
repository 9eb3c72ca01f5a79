#!/usr/bin/env bash
# Deploys everything to one resource group, or brings a deployment up to date. Run again, it changes nothing.
#
#   infra/deploy.sh --resource-group NAME --location REGION [--parameters FILE.bicepparam] [--dry-run] [--yes]
#                   [--new-secret NAME]
#
#   --parameters   your copy of infra/bicep/main.bicepparam, beside it (default: that file itself)
#   --dry-run      check everything and show what would change, and change nothing
#   --yes          do not ask before the change
#   --new-secret   tag-signing-key, policy-password-hash or management-password-hash: make it anew (key rotation)
#
# Passwords are asked for once, or taken from POLICY_PASSWORD and MANAGEMENT_PASSWORD; only their hashes are kept.
set -euo pipefail
umask 077 # secrets are in files for a moment

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly oldest_az=2.60.0
readonly python_in_azure=3.13
readonly deployment=vmr-scheduling
# A new role assignment is not in force everywhere at once: so many tries, so many seconds apart.
readonly tries=${DEPLOY_TRIES:-30} pause=${DEPLOY_PAUSE:-10}

group='' location='' parameters="$root/infra/bicep/main.bicepparam" dry_run=false yes=false new_secret=''
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

main() {
  read_arguments "$@"
  check_tools
  check_login
  check_providers
  check_region
  check_rights
  look_for_authorities
  make_group
  preview
  if $dry_run; then
    say "Dry run: nothing was changed."
    return
  fi
  confirm
  deploy
  put_secrets
  deploy_package
  report
}

# --- Talking -----------------------------------------------------------------------------------------------------

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }

# fail WHAT WHAT-TO-DO
fail() {
  printf '\nFailed: %s\nDo:     %s\n' "$1" "$2" >&2
  exit 1
}

read_arguments() {
  while (($#)); do
    case $1 in
      --resource-group | --location | --parameters | --new-secret)
        (($# > 1)) || fail "$1 needs a value" "infra/deploy.sh --help"
        case $1 in
          --resource-group) group=$2 ;;
          --location) location=$2 ;;
          --parameters) parameters=$2 ;;
          --new-secret) new_secret=$2 ;;
        esac
        shift
        ;;
      --dry-run) dry_run=true ;;
      --yes) yes=true ;;
      --help)
        sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
        exit
        ;;
      *) fail "unknown argument $1" "infra/deploy.sh --help" ;;
    esac
    shift
  done
  [[ $group && $location ]] || fail "--resource-group and --location are needed" "infra/deploy.sh --help"
  location=$(tr -d ' ' <<<"${location,,}")
  [[ -f $parameters ]] || fail "there is no file $parameters" "copy infra/bicep/main.bicepparam and fill it in"
}

# --- Checks that come before any change --------------------------------------------------------------------------

check_tools() {
  step "Tools"
  command -v az >/dev/null || fail "the Azure CLI (az) is not installed" "https://aka.ms/azure-cli, or use Cloud Shell"
  local version
  version=$(az version --query '"azure-cli"' --output tsv)
  [[ $(printf '%s\n' "$oldest_az" "$version" | sort -V | head -n 1) == "$oldest_az" ]] ||
    fail "az $version is too old, $oldest_az is needed" "az upgrade"
  az bicep version >/dev/null 2>&1 || fail "the Bicep compiler is not installed" "az bicep install"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed, this is $(python3 --version)" "install it, or use Cloud Shell"
  [[ -e $root/addin/vendor/msal-browser.min.js ]] ||
    fail "addin/vendor is empty: the pane's library is not in the repository" "make ready, which fetches it"
  say "az $version"
}

check_login() {
  step "Subscription"
  local account
  account=$(az account show --query '[id, name, user.type, user.name]' --output tsv 2>/dev/null) ||
    fail "you are not logged in" "az login; az account set --subscription NAME"
  { read -r subscription; read -r subscription_name; read -r user_type; read -r user_name; } <<<"$account"
  if [[ $user_type == servicePrincipal ]]; then
    export DEPLOYER_TYPE=ServicePrincipal
    DEPLOYER_ID=$(az ad sp show --id "$user_name" --query id --output tsv) || no_deployer
  else
    export DEPLOYER_TYPE=User
    DEPLOYER_ID=$(az ad signed-in-user show --query id --output tsv) || no_deployer
  fi
  export DEPLOYER_ID
  say "$subscription_name ($subscription)"
}

no_deployer() {
  fail "your own object id cannot be read from Entra" "ask for the right to read your own directory entry, and try again"
}

check_providers() {
  step "Resource providers"
  local provider state
  for provider in Microsoft.Web Microsoft.Storage Microsoft.KeyVault Microsoft.ManagedIdentity Microsoft.Insights \
    Microsoft.OperationalInsights Microsoft.Network Microsoft.App; do
    state=$(az provider show --namespace "$provider" --query registrationState --output tsv) ||
      fail "the state of $provider cannot be read" "az provider show --namespace $provider"
    if [[ $state == Registered ]]; then
      continue
    elif $dry_run; then
      say "would register $provider"
    else
      say "registering $provider (takes minutes)"
      az provider register --namespace "$provider" --wait ||
        fail "$provider cannot be registered" "ask an owner of the subscription: az provider register -n $provider"
    fi
  done
}

check_region() {
  step "Region and quota"
  local offered
  offered=$(az functionapp list-flexconsumption-locations --query '[].name' --output tsv) ||
    fail "the regions cannot be read" "az functionapp list-flexconsumption-locations"
  offered=${offered// /}
  grep -qx "$location" <<<"${offered,,}" ||
    fail "Flex Consumption is not offered in $location" "choose one of: az functionapp list-flexconsumption-locations"
  offered=$(az functionapp list-flexconsumption-runtimes --location "$location" --runtime python --output tsv \
    --query '[].version') || fail "the runtimes in $location cannot be read" "run this again"
  grep -qx "$python_in_azure" <<<"$offered" ||
    fail "Python $python_in_azure is not offered in $location" "choose another region"
  local usage used limit
  usage=$(az storage account show-usage --location "$location" --query '[currentValue, limit]' --output tsv) ||
    fail "the storage quota in $location cannot be read" "az storage account show-usage --location $location"
  { read -r used; read -r limit; } <<<"$usage"
  ((used < limit)) ||
    fail "all $limit storage accounts of this subscription in $location are in use" "delete one, or ask for a higher quota"
  say "$location: $used of $limit storage accounts used"
}

check_rights() {
  step "Your rights"
  local names scope="/subscriptions/$subscription"
  if group_exists; then
    scope+="/resourceGroups/$group"
  fi
  names=$(az role assignment list --assignee "$DEPLOYER_ID" --include-inherited --include-groups --scope "$scope" \
    --query '[].roleDefinitionName' --output tsv) || names=''
  if ! grep -qxE 'Owner|User Access Administrator|Role Based Access Control Administrator' <<<"$names"; then
    # Not an end: a role of the customer's own may allow the same.
    say "Warning: you do not seem to be allowed to assign roles here. Without Owner, or Contributor together with"
    say "Role Based Access Control Administrator, the deployment ends with AuthorizationFailed."
  fi
}

# Certificate authorities of your own are part of the package, and the app has to be told (docs/deploy.md).
look_for_authorities() {
  export OWN_AUTHORITIES=false
  if [[ -f $root/infra/authorities.pem ]]; then
    OWN_AUTHORITIES=true
    step "Certificate authorities"
    say "infra/authorities.pem goes into the package, behind the public ones"
  fi
}

# --- The change --------------------------------------------------------------------------------------------------

group_exists() { [[ $(az group exists --name "$group" --output tsv) == [Tt]rue ]]; }

make_group() {
  step "Resource group $group"
  if group_exists; then
    say "is there"
  elif $dry_run; then
    say "would be created in $location, with everything of infra/bicep/main.bicep in it"
  else
    az group create --name "$group" --location "$location" --output none ||
      fail "the resource group cannot be created" "ask an owner of the subscription to create it, and run this again"
  fi
}

preview() {
  step "What would change"
  if ! group_exists; then
    say "Azure can compare only once the resource group is there."
    return
  fi
  guarded az deployment group what-if --resource-group "$group" --parameters "$parameters" --no-prompt
}

confirm() {
  $yes && return
  [[ -t 0 ]] || fail "nobody is here to confirm the change" "look at --dry-run, then run this with --yes"
  local answer
  read -rp "Go on? [y/N] " answer
  [[ ${answer,,} == y* ]] || fail "stopped by you; nothing was changed" "run this again when you are ready"
}

deploy() {
  step "Deployment (takes a few minutes)"
  guarded az deployment group create --resource-group "$group" --name "$deployment" --parameters "$parameters" \
    --output none
  local outputs
  outputs=$(az deployment group show --resource-group "$group" --name "$deployment" --output tsv --query \
    'properties.outputs.[appName.value, appHostName.value, publicBaseUrl.value, vaultName.value, secretNames.value,
      identityClientId.value, identityPrincipalId.value]')
  {
    read -r app; read -r host; read -r base_url; read -r vault; read -r -a secrets
    read -r identity_client; read -r identity_principal
  } <<<"$outputs"
  say "$app is there"
}

# Runs an az command; when it fails, says what to do about the faults that people really meet.
guarded() {
  local status=0 error
  "$@" 2>"$work/error" || status=$?
  cat "$work/error" >&2
  ((status)) || return 0
  error=$(cat "$work/error")
  case $error in
    *deleted\ state* | *ConflictError* | *VaultAlreadyExists*)
      fail "a vault of this name was deleted and is kept for 90 days" \
        "az keyvault list-deleted, then az keyvault recover --name NAME (or another 'name' in $parameters)" ;;
    *AuthorizationFailed* | *does\ not\ have\ authorization*)
      fail "you may not do this in $group" "ask for Owner there (Contributor may not assign roles)" ;;
    *uota*)
      fail "a quota of the subscription is used up" "see the message above; ask for more in the portal under Quotas" ;;
    *RequestDisallowedByPolicy*)
      fail "a policy of your organisation forbids it" "see its name above; privateNetwork = true is often what it wants" ;;
    *StorageAccountAlreadyTaken* | *NameNotAvailable* | *not\ available*)
      fail "a name is taken or something is not offered in $location" "see above; change 'name' or the region" ;;
    *SkuNotAvailable* | *ZoneRedundan* | *Standard_ZRS*)
      fail "this redundancy is not offered in $location" "set storageRedundancy = 'Standard_LRS' in $parameters" ;;
    *BCP* | *bicepparam*)
      fail "the parameters or templates cannot be compiled" "mend the line named above" ;;
    *)
      fail "Azure refused it" "see above, and: az deployment operation group list -g $group -n $deployment" ;;
  esac
}

# --- Secrets -----------------------------------------------------------------------------------------------------

# Makes what is missing in the vault. No value is printed, and none stands on a command line, where others could see it.
put_secrets() {
  step "Secrets"
  local present name added=false
  [[ ! $new_secret || " ${secrets[*]} " == *" $new_secret "* ]] ||
    fail "this deployment has no secret $new_secret" "choose one of: ${secrets[*]}"
  present=$(list_secrets)
  for name in "${secrets[@]}"; do
    if [[ $name != "$new_secret" ]] && grep -qx "$name" <<<"$present"; then
      say "$name is there"
      continue
    fi
    make_secret "$name" >"$work/secret"
    az keyvault secret set --vault-name "$vault" --name "$name" --file "$work/secret" --encoding utf-8 --output none ||
      fail "$name cannot be put into the vault $vault" "if it was deleted: az keyvault secret recover --name $name"
    rm "$work/secret"
    added=true
    say "$name was made"
  done
  if $added; then
    refresh_references
  fi
}

list_secrets() {
  local try
  for ((try = 1; ; try++)); do
    if az keyvault secret list --vault-name "$vault" --query '[].name' --output tsv 2>"$work/error"; then
      return
    elif ((try == tries)) || ! grep -qiE 'forbidden|not authorized' "$work/error"; then
      cat "$work/error" >&2
      fail "the vault $vault cannot be read" \
        "check your network (adminAddresses in $parameters) and your role Key Vault Secrets Officer, and run this again"
    fi
    sleep "$pause"
  done
}

make_secret() {
  case $1 in
    tag-signing-key) python3 -c 'import secrets; print(secrets.token_urlsafe(48), end="")' ;;
    policy-password-hash) hash_of "conferencing nodes (policy)" "${POLICY_PASSWORD-}" POLICY_PASSWORD ;;
    management-password-hash) hash_of "the management API" "${MANAGEMENT_PASSWORD-}" MANAGEMENT_PASSWORD ;;
    *) fail "nobody knows how to make the secret $1" "add it to make_secret in infra/deploy.sh" ;;
  esac
}

# hash_of WHAT PASSWORD VARIABLE
hash_of() {
  local password=$2
  if [[ ! $password ]]; then
    [[ -t 0 ]] || fail "there is no password for $1" "set $3 in the environment, and run this again"
    read -rsp "Password for $1, 12 characters or more: " password
    printf '\n' >&2
  fi
  ((${#password} >= 12)) || fail "the password for $1 is shorter than 12 characters" "choose a longer one"
  printf '%s' "$password" | PYTHONPATH=$root python3 -c \
    'import sys; from shared.identity.passwords import hash_password; print(hash_password(sys.stdin.read()), end="")'
}

# The app looks references up when it starts and once a day; this makes it look now.
# Not confirmed on Flex Consumption; where it has no effect, the start that follows the package's deployment has.
refresh_references() {
  az rest --method post --output none --url "/subscriptions/$subscription/resourceGroups/$group/providers/\
Microsoft.Web/sites/$app/config/configreferences/appsettings/refresh?api-version=2022-03-01" ||
    say "The references were not refreshed; the app finds the secrets at its next start."
}

# --- The app itself ----------------------------------------------------------------------------------------------

deploy_package() {
  step "Package"
  python3 "$root/infra/package.py" --python "$python_in_azure" --output "$work/package.zip" ||
    fail "the package cannot be built" "see above"
  local digest deployed
  digest=$(sha256sum "$work/package.zip" | cut -c 1-32)
  deployed=$(az group show --name "$group" --query "tags.\"$app-package\"" --output tsv)
  if [[ $digest == "$deployed" ]]; then
    say "this package is deployed already"
    smoke_test
    return
  fi
  az functionapp deployment source config-zip --resource-group "$group" --name "$app" --src "$work/package.zip" \
    --build-remote false --output none ||
    fail "the package cannot be deployed" "run this again; if it stays so: portal, $app, Deployment Center"
  smoke_test
  # Only now: a package that does not work is deployed anew next time.
  az tag update --operation Merge --resource-id "/subscriptions/$subscription/resourceGroups/$group" \
    --tags "$app-package=$digest" --output none || say "The package could not be remembered; the next run deploys it again."
}

smoke_test() {
  step "Does it work?"
  python3 "$root/infra/smoke.py" "https://$host" --patience $((tries * pause)) ||
    fail "the app does not work" "see above, and docs/troubleshooting.md, \"After the deployment\""
}

report() {
  step "Done"
  cat <<END
The app           $base_url
Manifest          $base_url/addin/INTEGRATION-UUID/manifest.xml
The app's identity, for the grants:
  client id       $identity_client
  object id       $identity_principal
Next              docs/exchange.md: the equipment mailbox and the app's access to it
END
  if [[ $base_url != "https://$host" ]]; then
    say "Host name         infra/custom-domain.sh --resource-group $group --app $app --host ${base_url#https://}"
  fi
}

main "$@"
