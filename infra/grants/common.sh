# shellcheck shell=bash
# What the grants' scripts share. Source it.

readonly graph=https://graph.microsoft.com/v1.0

say() { printf '%s\n' "$*"; }

# fail WHAT WHAT-TO-DO
fail() {
  printf '\nFailed: %s\nDo:     %s\n' "$1" "$2" >&2
  exit 1
}

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; }

need_login() {
  # shellcheck disable=SC2034  # read by the scripts that source this
  tenant=$(az account show --query tenantId --output tsv 2>/dev/null) || fail "you are not logged in" "az login"
}

# register UNIQUE-NAME JSON: creates the app registration, or brings it up to date; sets $app_id and $app_object.
# The unique name makes it idempotent: Graph creates what is missing and changes what is there.
register() {
  az rest --method patch --url "$graph/applications(uniqueName='$1')" \
    --headers Content-Type=application/json Prefer=create-if-missing --body "$2" --output none ||
    fail "the app registration $1 cannot be written" "you need the Entra role Application Developer or higher"
  local ids
  ids=$(az rest --method get --url "$graph/applications(uniqueName='$1')?\$select=id,appId" \
    --query '[appId, id]' --output tsv) || fail "the app registration $1 cannot be read" "run this again"
  { read -r app_id; read -r app_object; } <<<"$ids"
}

# change JSON: changes the registration of the last register().
change() {
  az rest --method patch --url "$graph/applications/$app_object" --headers Content-Type=application/json \
    --body "$1" --output none || fail "the app registration $app_id cannot be changed" "see above, and run this again"
}

# enterprise_app APP-ID: makes the app known in this tenant, once; sets $principal.
enterprise_app() {
  principal=$(az ad sp list --filter "appId eq '$1'" --query '[0].id' --output tsv)
  if [[ ! $principal || $principal == None ]]; then
    principal=$(az ad sp create --id "$1" --query id --output tsv) ||
      fail "the enterprise application of $1 cannot be made" "you need the Entra role Application Administrator"
  fi
}
