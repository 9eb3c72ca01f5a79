<#
.SYNOPSIS
    Sets up an equipment mailbox on an Exchange Server (2016, 2019, SE) for VMR scheduling, and gives the service account
    access to that mailbox only.

.DESCRIPTION
    If it is run again, it changes nothing. With -WhatIf it only prints what it would do.
    Run it in the Exchange Management Shell, as a member of Organization Management and Recipient Management.

.PARAMETER Mailbox
    Address of the equipment mailbox, as in the integration's "Mailbox email address". Created if it does not exist.

.PARAMETER MailboxName
    Its display name, as in the integration's "Mailbox name".

.PARAMETER ServiceAccount
    The account that the app signs in with: an ordinary user with a mailbox, not an admin.

.PARAMETER OrganizerGroup
    A group whose members send late joining instructions themselves (only needed if the service could not be reached
    when they clicked). The service account may then act as each of its members, in their whole mailbox. Without a
    group, these e-mails come from the equipment mailbox. Members of nested groups do not count.

.PARAMETER Delegate
    Full access to the equipment mailbox instead of impersonation: for the setting ews_access = delegate.

.EXAMPLE
    ./exchange-onpremises.ps1 -Mailbox vmr@example.com -MailboxName "Video rooms" -ServiceAccount EXAMPLE\svc-vmr
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [string] $Mailbox,
    [Parameter(Mandatory)] [string] $MailboxName,
    [Parameter(Mandatory)] [string] $ServiceAccount,
    [string] $OrganizerGroup,
    [switch] $Delegate
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

if (-not (Get-Command Get-ExchangeServer -ErrorAction SilentlyContinue)) {
    throw 'This is not the Exchange Management Shell. Do: run it there, on an Exchange server or a management computer.'
}

# An object that is created on one directory server takes a while to reach the others.
function Wait-Until([string] $What, [scriptblock] $IsThere) {
    for ($try = 1; $try -le 30; $try++) {
        if (& $IsThere) { return }
        if ($try -eq 1) { Write-Output "Waiting until $What is known throughout Exchange (at most five minutes)." }
        Start-Sleep -Seconds 10
    }
    throw "Exchange does not recognize $What yet. Do: run this again in a few minutes."
}

# With -WhatIf everything is reported, and nothing ends the script.
function Stop-Setup([string] $Message) {
    if ($WhatIfPreference) { Write-Warning $Message } else { throw $Message }
}

# --- The mailbox -------------------------------------------------------------------------------------------------
$found = Get-Mailbox -Identity $Mailbox -ErrorAction SilentlyContinue
if (-not $found) {
    if ($PSCmdlet.ShouldProcess($Mailbox, 'Create the equipment mailbox')) {
        $found = New-Mailbox -Name $MailboxName -DisplayName $MailboxName -PrimarySmtpAddress $Mailbox -Equipment
        Wait-Until $Mailbox { Get-CalendarProcessing -Identity $Mailbox -ErrorAction SilentlyContinue }
    }
}
elseif ("$($found.RecipientTypeDetails)" -ne 'EquipmentMailbox') {
    Stop-Setup "$Mailbox is a $($found.RecipientTypeDetails). Do: choose another address, or Set-Mailbox $Mailbox -Type Equipment"
}
elseif ("$($found.PrimarySmtpAddress)" -ne $Mailbox) {
    Stop-Setup "$Mailbox is a secondary address of $($found.PrimarySmtpAddress), and the service account's access is tied to the primary one. Do: run this with -Mailbox $($found.PrimarySmtpAddress), and give the integration that address."
}

# --- How it treats invitations: see exchange-online.ps1 for the reasons -------------------------------------------
$wanted = [ordered]@{
    AutomateProcessing               = 'AutoUpdate'
    AddNewRequestsTentatively        = $true
    DeleteComments                   = $false
    DeleteSubject                    = $false
    AddOrganizerToSubject            = $false
    RemovePrivateProperty            = $false
    RemoveOldMeetingMessages         = $false
    AllowConflicts                   = $true
    ProcessExternalMeetingMessages   = $false
    DeleteNonCalendarItems           = $true
    BookingWindowInDays              = 1080
    MaximumDurationInMinutes         = 0
    EnforceSchedulingHorizon         = $false
}
if ($found) {
    $present = Get-CalendarProcessing -Identity $Mailbox
    $change = @{}
    foreach ($name in $wanted.Keys) {
        if ("$($present.$name)" -ne "$($wanted[$name])") { $change[$name] = $wanted[$name] }
    }
    if ($change.Count -and $PSCmdlet.ShouldProcess($Mailbox, "Set-CalendarProcessing $($change.Keys -join ', ')")) {
        Set-CalendarProcessing -Identity $Mailbox @change
    }
}

# --- The service account's access, to this mailbox alone ----------------------------------------------------------
# Without a scope, ApplicationImpersonation would open every mailbox in the organization.
# Names of scopes and assignments can have at most 64 characters; an address can be longer.
$id = if ($found) { $found.ExchangeGuid } else { [guid]::Empty }
$filter = "PrimarySmtpAddress -eq '$($Mailbox -replace "'", "''")'"
$scopes = [ordered]@{}
if (-not $Delegate) { $scopes["VMR scheduling $id"] = $filter }
if ($OrganizerGroup) {
    $group = Get-Group -Identity $OrganizerGroup -ErrorAction SilentlyContinue
    if ($group) {
        $scopes["VMR organizers $id"] = "MemberOfGroup -eq '$("$($group.DistinguishedName)" -replace "'", "''")'"
    }
    else { Stop-Setup "There is no group $OrganizerGroup. Do: create it, or leave out -OrganizerGroup." }
}
foreach ($scope in $scopes.Keys) {
    $there = Get-ManagementScope -Identity $scope -ErrorAction SilentlyContinue
    if (-not $there) {
        if ($PSCmdlet.ShouldProcess($scope, "Create the scope $($scopes[$scope])")) {
            New-ManagementScope -Name $scope -RecipientRestrictionFilter $scopes[$scope] | Out-Null
            Wait-Until "the scope $scope" { Get-ManagementScope -Identity $scope -ErrorAction SilentlyContinue }
        }
    }
    elseif ("$($there.RecipientFilter)" -ne $scopes[$scope]) {
        if ($PSCmdlet.ShouldProcess($scope, "Change the scope from $($there.RecipientFilter) to $($scopes[$scope])")) {
            Set-ManagementScope -Identity $scope -RecipientRestrictionFilter $scopes[$scope]
        }
    }
    if (-not (Get-ManagementRoleAssignment -Identity $scope -ErrorAction SilentlyContinue)) {
        if ($PSCmdlet.ShouldProcess($ServiceAccount, "Assign ApplicationImpersonation within $scope")) {
            New-ManagementRoleAssignment -Name $scope -Role ApplicationImpersonation -User $ServiceAccount `
                -CustomRecipientWriteScope $scope | Out-Null
        }
    }
}
if ($Delegate -and $found) {
    $full = Get-MailboxPermission -Identity $Mailbox -User $ServiceAccount | Where-Object { "$($_.AccessRights)" -match 'FullAccess' }
    if (-not $full -and $PSCmdlet.ShouldProcess($ServiceAccount, "Full access to $Mailbox")) {
        Add-MailboxPermission -Identity $Mailbox -User $ServiceAccount -AccessRights FullAccess -AutoMapping $false | Out-Null
    }
    # Full access does not include the right to send answers and e-mails as the mailbox.
    $sends = Get-ADPermission -Identity $found.DistinguishedName -User $ServiceAccount | Where-Object { "$($_.ExtendedRights)" -match 'Send.As' }
    if (-not $sends -and $PSCmdlet.ShouldProcess($ServiceAccount, "Send as $Mailbox")) {
        Add-ADPermission -Identity $found.DistinguishedName -User $ServiceAccount -ExtendedRights 'Send As' | Out-Null
    }
}

# --- What the service account may ask of the server ---------------------------------------------------------------
# One worker of the app makes at most 4 concurrent calls to a server; under load, there are several workers. Exchange's
# own limits (27 calls; 300000, 900000 and 3000000 ms) are meant for one person's programs. The limits below
# suit a program that serves everybody, and still keep it from overloading the server. A policy with the scope Regular
# applies only to accounts that it is assigned to.
$policy = 'VMR scheduling'
if (-not (Get-ThrottlingPolicy -Identity $policy -ErrorAction SilentlyContinue)) {
    if ($PSCmdlet.ShouldProcess($policy, 'Create the throttling policy')) {
        New-ThrottlingPolicy -Name $policy -ThrottlingPolicyScope Regular -EwsMaxConcurrency 40 `
            -EwsMaxBurst 600000 -EwsRechargeRate 1800000 -EwsCutoffBalance 6000000 | Out-Null
    }
}
# Exchange versions differ in which account an impersonated call is charged to, so both accounts get the policy.
foreach ($account in @($ServiceAccount, $Mailbox)) {
    $association = Get-ThrottlingPolicyAssociation -Identity $account -ErrorAction SilentlyContinue
    if (-not $association -or "$($association.ThrottlingPolicyId)" -notmatch $policy) {
        if ($PSCmdlet.ShouldProcess($account, "Assign the throttling policy $policy")) {
            Set-ThrottlingPolicyAssociation -Identity $account -ThrottlingPolicy $policy
        }
    }
}

# --- Proof -------------------------------------------------------------------------------------------------------
if ($WhatIfPreference) { return }
$wide = @(Get-ManagementRoleAssignment -Role ApplicationImpersonation -GetEffectiveUsers |
        Where-Object { $_.EffectiveUserName -eq (Get-User $ServiceAccount).Name -and -not $_.CustomRecipientWriteScope })
if ($wide.Count) {
    throw "$ServiceAccount may act as every mailbox, through $($wide.Name -join ', '). Do: Remove-ManagementRoleAssignment for it, unless something else needs it."
}
$also = if ($OrganizerGroup) { "and the members of $OrganizerGroup, and" } else { 'and' }
Write-Output "$ServiceAccount may use $Mailbox, $also no other mailbox."
