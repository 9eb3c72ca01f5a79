<#
.SYNOPSIS
    Sets up an equipment mailbox in Exchange Online for VMR scheduling, and gives the app access to that mailbox only.

.DESCRIPTION
    If it is run again, it changes nothing. With -WhatIf it only prints what it would do.
    Needs the module ExchangeOnlineManagement, and a session: Connect-ExchangeOnline. The account that runs it needs the
    role groups Organization Management and Recipient Management (or the roles Role Management and Mail Recipients).

.PARAMETER Mailbox
    Address of the equipment mailbox, as in the integration's "Mailbox email address". Created if it does not exist.

.PARAMETER MailboxName
    Its display name, as in the integration's "Mailbox name".

.PARAMETER AppId
    Client id of the managed identity (infra/deploy.sh prints it), or of the service provider's app registration.

.PARAMETER ObjectId
    Object id of that app's ENTERPRISE application in this tenant (not the object id of the app registration):
    az ad sp show --id <AppId> --query id

.PARAMETER OtherMailbox
    Any other mailbox in the organization. At the end, the script proves that the app has no access to it.

.EXAMPLE
    ./exchange-online.ps1 -Mailbox vmr@example.com -MailboxName "Video rooms" -AppId 1111… -ObjectId 2222… `
        -OtherMailbox alice@example.com
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)] [string] $Mailbox,
    [Parameter(Mandatory)] [string] $MailboxName,
    [Parameter(Mandatory)] [guid] $AppId,
    [Parameter(Mandatory)] [guid] $ObjectId,
    [Parameter(Mandatory)] [string] $OtherMailbox
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

if (-not (Get-Command Get-ConnectionInformation -ErrorAction SilentlyContinue)) {
    throw 'The module ExchangeOnlineManagement is missing. Do: Install-Module ExchangeOnlineManagement'
}
if (-not (Get-ConnectionInformation)) {
    throw 'There is no session with Exchange Online. Do: Connect-ExchangeOnline'
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

# A tenant in which nothing has been customized has no scopes or roles of its own, so every cmdlet below fails.
if ((Get-OrganizationConfig).IsDehydrated) {
    Stop-Setup 'This organization cannot be customized yet. Do: Enable-OrganizationCustomization (only once), wait until (Get-OrganizationConfig).IsDehydrated is False, which may take hours, and run this again.'
}

# --- The mailbox -------------------------------------------------------------------------------------------------
# An equipment mailbox needs no licence, and nobody signs in to it.
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
    Stop-Setup "$Mailbox is a secondary address of $($found.PrimarySmtpAddress), and the app's access is tied to the primary one. Do: run this with -Mailbox $($found.PrimarySmtpAddress), and give the integration that address."
}
elseif ($found.HiddenFromAddressListsEnabled) {
    Write-Warning "$Mailbox is hidden from address lists. Outlook must be able to resolve it when the add-in invites it."
}

# --- How it treats invitations -----------------------------------------------------------------------------------
$wanted = [ordered]@{
    # Put invitations into the calendar as tentative, and leave the answer to the app. With AutoAccept, the default,
    # Exchange would answer by itself; with None there is no calendar item, and so nothing that the app could answer.
    AutomateProcessing               = 'AutoUpdate'
    # The app answers the calendar items of new invitations.
    AddNewRequestsTentatively        = $true
    # Keep text and subject: the security tag is in the text. (Exchange only applies these settings with
    # AutoAccept. If somebody switches that on, the tag survives.)
    DeleteComments                   = $false
    DeleteSubject                    = $false
    AddOrganizerToSubject            = $false
    # Private meetings stay private.
    RemovePrivateProperty            = $false
    # Outdated invitations stay readable, so that the app can see that they are outdated.
    RemoveOldMeetingMessages         = $false
    # The mailbox can be booked for any number of meetings at the same time.
    AllowConflicts                   = $true
    # Only people in the organization can book it.
    ProcessExternalMeetingMessages   = $false
    # Mail that is not an invitation is deleted.
    DeleteNonCalendarItems           = $true
    # No meeting is too long or too far ahead (Exchange accepts at most 1080 days).
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

# --- The app's access, to this mailbox alone ---------------------------------------------------------------------
# RBAC for Applications: the grant is stored in Exchange itself. The app must NOT also have a Graph permission for mail
# or calendars in Entra: the two add up, and a permission in Entra is for all mailboxes.
if (-not (Get-ServicePrincipal -Identity "$ObjectId" -ErrorAction SilentlyContinue)) {
    if ($PSCmdlet.ShouldProcess("$AppId", 'Register the app in Exchange')) {
        New-ServicePrincipal -AppId $AppId -ObjectId $ObjectId -DisplayName 'VMR scheduling' | Out-Null
        Wait-Until 'the app' { Get-ServicePrincipal -Identity "$ObjectId" -ErrorAction SilentlyContinue }
    }
}

# Names of scopes and assignments can have at most 64 characters; an address can be longer.
$id = if ($found) { $found.ExchangeGuid } else { [guid]::Empty }
$scope = "VMR scheduling $id"
$filter = "PrimarySmtpAddress -eq '$($Mailbox -replace "'", "''")'"
$there = Get-ManagementScope -Identity $scope -ErrorAction SilentlyContinue
if (-not $there) {
    if ($PSCmdlet.ShouldProcess($scope, 'Create the scope that contains only this mailbox')) {
        New-ManagementScope -Name $scope -RecipientRestrictionFilter $filter | Out-Null
        Wait-Until "the scope $scope" { Get-ManagementScope -Identity $scope -ErrorAction SilentlyContinue }
    }
}
elseif ("$($there.RecipientFilter)" -ne $filter) {
    # The mailbox's primary address has changed.
    if ($PSCmdlet.ShouldProcess($scope, "Change the scope from $($there.RecipientFilter) to $filter")) {
        Set-ManagementScope -Identity $scope -RecipientRestrictionFilter $filter
    }
}

$roles = @(
    'Application Mail.ReadWrite'        # read invitations, prepare e-mails
    'Application Mail.Send'             # answers in HTML, late joining instructions
    'Application Calendars.ReadWrite'   # accept and decline
)
$number = 0
foreach ($role in $roles) {
    $number++
    $name = "VMR scheduling $number $("$AppId".Substring(0, 8)) $id"
    if (-not (Get-ManagementRoleAssignment -Identity $name -ErrorAction SilentlyContinue)) {
        if ($PSCmdlet.ShouldProcess($role, "Assign for $Mailbox")) {
            New-ManagementRoleAssignment -Name $name -App $ObjectId -Role $role -CustomResourceScope $scope | Out-Null
        }
    }
}

# --- Proof -------------------------------------------------------------------------------------------------------
if ($WhatIfPreference) { return }
# InScope is a string in some versions of the module: 'False' would count as true.
$inside = @(Test-ServicePrincipalAuthorization -Identity $ObjectId -Resource $Mailbox | Where-Object { "$($_.InScope)" -eq 'True' })
if ($inside.Count -lt $roles.Count) {
    throw "The app has $($inside.Count) of $($roles.Count) roles on $Mailbox. Do: run this again; see Test-ServicePrincipalAuthorization -Identity $ObjectId -Resource $Mailbox"
}
$outside = @(Test-ServicePrincipalAuthorization -Identity $ObjectId -Resource $OtherMailbox | Where-Object { "$($_.InScope)" -eq 'True' })
if ($outside.Count) {
    throw "The app has access to $OtherMailbox as $($outside.RoleName -join ', '). Do: look for a wider assignment with Get-ManagementRoleAssignment -App $ObjectId"
}
Write-Output "The app may use $Mailbox, but not $OtherMailbox. This takes effect within 30 minutes to 2 hours."
$others = @($found.EmailAddresses | ForEach-Object { "$_" } | Where-Object { $_ -match '^smtp:' -and $_ -cnotmatch '^SMTP:' })
if ($others.Count) {
    Write-Output "Invitations to its other addresses ($($others -join ', ')) are also delivered to it."
}

# --- Advice ------------------------------------------------------------------------------------------------------
# Exchange keeps updates that change neither time nor place out of the Inbox. The app still finds them in Deleted Items,
# minutes later; with Body in this list they arrive immediately. This setting affects the whole organization, so the
# script does not change it.
$visible = (Get-OrganizationConfig).VisibleMeetingUpdateProperties
if ("$visible" -notmatch 'Body') {
    Write-Output @"
Advice for the whole organization: changes to a meeting's text are noticed minutes late. To have them noticed immediately:
  Set-OrganizationConfig -VisibleMeetingUpdateProperties 'Location,Subject,Body,AllProperties:15'
(now: $visible)
"@
}
