// The values of your deployment. Copy this file to my.bicepparam in the same directory (the next line contains a
// relative path), change the copy, and pass it to infra/deploy.sh --parameters.
using './main.bicep'

// The prefix of every resource's name: 3 to 11 lower-case letters and digits, beginning with a letter. Changing it
// later creates a second deployment instead of renaming the first.
param name = 'vmrsched'

// Your own host name for the app, '' for the one that Azure assigns. It is part of every manifest: after a change,
// the add-in has to be installed again. Bind it with infra/custom-domain.sh after the first deployment.
param publicHostName = ''

// Who gets an e-mail when an alert fires; [] creates the alerts without notifying anybody.
param alertEmails = []

// The user name that conferencing nodes sign in with (external policy); '' switches external policy off.
// deploy.sh asks for the password and keeps its hash in the vault.
param policyUsername = 'policy'

// Whether policy also serves VMRs that were created through the management API or imported. Use 'off' if all of them
// are on another server.
param policyVmrs = 'on'

// The user name of the management API; '' switches Basic authentication off.
param managementUsername = 'admin'

// The client id that infra/grants/entra.sh prints: people in this tenant who have its app role Scheduling.Admin can use
// the management API with an Entra token. '' switches that off.
param managementClientId = ''

// A web proxy, such as 'http://proxy.example.com:8080', without a password in it, and the hosts that bypass it.
// Storage and vault are Azure's own: exempt them from the proxy unless it must see everything.
param webProxy = ''
param noProxy = '.core.windows.net,.vault.azure.net'

// An instance that never stops costs more than everything else in a small deployment (see docs/operations.md).
// With 0, Graph's notifications may encounter a cold start. If one is lost, the sweep finds its message minutes later.
param alwaysReadyInstances = 0
param maximumInstances = 40
param instanceMemory = 2048

// ZRS survives the loss of a data centre; choose Standard_LRS in regions without zones.
// zoneRedundant does the same for the app's instances.
param storageRedundancy = 'Standard_ZRS'
param zoneRedundant = true
param logRetentionDays = 90

// true: storage and vault can only be reached through a virtual network. adminAddresses are the public addresses from
// which the backup and `az` can still reach them, such as ['203.0.113.7', '198.51.100.0/28'].
param privateNetwork = false
param addressSpace = '10.83.0.0/24'
param adminAddresses = []

// Tags for all resources, as in {'cost-centre': '1234'}. dataLock locks storage and vault: the locks have to be removed
// before storage, vault or the resource group can be deleted.
param tags = {}
param dataLock = true

// Set by deploy.sh. ownAuthorities: whether infra/authorities.pem exists; packageDeployed: whether the app has run.
param ownAuthorities = bool(readEnvironmentVariable('OWN_AUTHORITIES', 'false'))
param packageDeployed = bool(readEnvironmentVariable('PACKAGE_DEPLOYED', 'false'))
