<#
.SYNOPSIS
    Makes an equipment mailbox of an Exchange Server (2016, 2019, SE) ready for VMR scheduling, and lets the service
    account into it and into no other.

.DESCRIPTION
    Run again, it changes nothing. With -WhatIf it only tells what it would do.
    Run it in the Exchange Management Shell, as a member of Organization Management and Recipient Management.

.PARAMETER Mailbox
    Address of the equipment mailbox, as in the integration's "Mailbox email address". Made when it is not there.

.PARAMETER MailboxName
    Its display name, as in the integration's "Mailbox name".

.PARAMETER ServiceAccount
    The account that the app signs in with: an ordinary user with a mailbox, no admin.

.EXAMPLE
    ./exchange-onpremises.ps1 -Mailbox vmr@example.com -MailboxName "Video rooms" -ServiceAccount EXAMPLE\svc-vmr
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [string] $Mailbox,
    [Parameter(Mandatory)] [string] $MailboxName,
    [Parameter(Mandatory)] [string] $ServiceAccount
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

if (-not (Get-Command Get-ExchangeServer -ErrorAction SilentlyContinue)) {
    throw 'This is not the Exchange Management Shell. Do: run it there, on an Exchange server or a management computer.'
}

# --- The mailbox -------------------------------------------------------------------------------------------------
$found = Get-Mailbox -Identity $Mailbox -ErrorAction SilentlyContinue
if (-not $found) {
    if ($PSCmdlet.ShouldProcess($Mailbox, 'Make the equipment mailbox')) {
        $found = New-Mailbox -Name $MailboxName -DisplayName $MailboxName -PrimarySmtpAddress $Mailbox -Equipment
    }
}
elseif ("$($found.RecipientTypeDetails)" -ne 'EquipmentMailbox') {
    throw "$Mailbox is a $($found.RecipientTypeDetails). Do: choose another address, or Set-Mailbox $Mailbox -Type Equipment"
}

# --- How it treats invitations: see exchange-online.ps1 for the reasons -------------------------------------------
$wanted = [ordered]@{
    AutomateProcessing               = 'AutoUpdate'
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

# --- The service account may act as this mailbox, and as no other -------------------------------------------------
# Without the scope, ApplicationImpersonation would open every mailbox of the organisation.
# Names of scopes and assignments hold 64 characters, an address may have more.
$id = if ($found) { $found.ExchangeGuid } else { [guid]::Empty }
$scope = "VMR scheduling $id"
$filter = "PrimarySmtpAddress -eq '$($Mailbox -replace "'", "''")'"
if (-not (Get-ManagementScope -Identity $scope -ErrorAction SilentlyContinue)) {
    if ($PSCmdlet.ShouldProcess($scope, 'Make the scope that holds this mailbox and no other')) {
        New-ManagementScope -Name $scope -RecipientRestrictionFilter $filter | Out-Null
    }
}
if (-not (Get-ManagementRoleAssignment -Identity $scope -ErrorAction SilentlyContinue)) {
    if ($PSCmdlet.ShouldProcess($ServiceAccount, "Assign ApplicationImpersonation for $Mailbox")) {
        New-ManagementRoleAssignment -Name $scope -Role ApplicationImpersonation -User $ServiceAccount `
            -CustomRecipientWriteScope $scope | Out-Null
    }
}

# --- Proof -------------------------------------------------------------------------------------------------------
if ($WhatIfPreference) { return }
$wide = @(Get-ManagementRoleAssignment -Role ApplicationImpersonation -GetEffectiveUsers |
        Where-Object { $_.EffectiveUserName -eq (Get-User $ServiceAccount).Name -and -not $_.CustomRecipientWriteScope })
if ($wide.Count) {
    throw "$ServiceAccount may act as every mailbox, by $($wide.Name -join ', '). Do: Remove-ManagementRoleAssignment for it, unless something else needs it."
}
Write-Output "$ServiceAccount may act as $Mailbox, and as no other mailbox."
