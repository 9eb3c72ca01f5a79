// Everything that a deployment needs, in one resource group. Parameters are explained in main.bicepparam.
// Not included: grants in Exchange and Entra (infra/grants/), the values of secrets (infra/deploy.sh puts them into the
// vault), and the binding of a public host name (infra/domain/: its DNS records need the app, and the binding needs
// them).

@description('The prefix of every resource\'s name: lower-case letters and digits, beginning with a letter.')
@minLength(3)
@maxLength(11)
param name string

@description('The region for all resources.')
param location string = resourceGroup().location

@description('Tags for all resources, such as {\'cost-centre\': \'1234\'}.')
param tags { *: string } = {}

@description('Whether storage and vault get a lock that has to be removed before they can be deleted.')
param dataLock bool = true

@description('Whether the app has run before. infra/deploy.sh fills this in.')
param packageDeployed bool = false

@description('Your own host name for the app, such as vmr.example.com; empty for the name that Azure assigns.')
param publicHostName string = ''

@description('Who gets an e-mail when an alert fires.')
param alertEmails string[] = []

@description('The user name that conferencing nodes sign in with; empty when the management API platform is used.')
param policyUsername string = ''

@description('Whether policy also serves VMRs created through the management API; off if another server has those VMRs.')
@allowed(['on', 'off'])
param policyVmrs string = 'on'

@description('The user name of the management API for tools without Entra sign-in; empty for none.')
param managementUsername string = ''

@description('Client id of the API registration from infra/grants/entra.sh: its admins may use the management API.')
param managementClientId string = ''

@description('A web proxy for the app\'s outgoing requests, such as http://proxy.example.com:8080; empty for none.')
param webProxy string = ''

@description('Hosts that bypass the web proxy, separated by commas.')
param noProxy string = ''

@description('Whether the package contains your own certificate authorities. infra/deploy.sh fills this in.')
param ownAuthorities bool = false

@description('Instances for HTTP that never stop, so that Graph and the first click in Outlook never meet a cold start.')
@minValue(0)
param alwaysReadyInstances int = 0

@description('Maximum number of instances to scale out to, per function group.')
@minValue(40)
@maxValue(1000)
param maximumInstances int = 40

@description('Memory per instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('Redundancy of the storage account.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageRedundancy string = 'Standard_ZRS'

@description('Whether instances are spread over the region\'s availability zones. If storage is also zone-redundant, the app survives the loss of a data centre.')
param zoneRedundant bool = contains(storageRedundancy, 'ZRS')

@description('How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Whether storage and vault can only be reached through a virtual network.')
param privateNetwork bool = false

@description('The address range of the virtual network: a /25 or larger.')
param addressSpace string = '10.83.0.0/24'

@description('Public IPv4 addresses or ranges from which admins may reach storage and vault when privateNetwork is on.')
param adminAddresses string[] = []

// The names of storage accounts and vaults have to be globally unique.
var unique = uniqueString(resourceGroup().id, name)
var uniqueName = '${name}${take(unique, 13)}'
var appSubnet = network.?outputs.appSubnet ?? ''

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: {
    name: '${name}-identity'
    location: location
    tags: tags
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  params: {
    name: name
    location: location
    tags: tags
    addressSpace: addressSpace
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: uniqueName
    location: location
    tags: tags
    redundancy: storageRedundancy
    appPrincipalId: identity.outputs.principalId
    privateNetwork: privateNetwork
    adminAddresses: adminAddresses
    dataLock: dataLock
    workspaceResourceId: monitoring.outputs.workspaceResourceId
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    name: uniqueName
    location: location
    tags: tags
    appPrincipalId: identity.outputs.principalId
    privateNetwork: privateNetwork
    adminAddresses: adminAddresses
    dataLock: dataLock
    workspaceResourceId: monitoring.outputs.workspaceResourceId
  }
}

module endpoints 'modules/endpoints.bicep' = if (privateNetwork) {
  name: 'endpoints'
  params: {
    name: name
    location: location
    tags: tags
    subnetResourceId: network.?outputs.endpointSubnet ?? ''
    virtualNetworkResourceId: network.?outputs.resourceId ?? ''
    storageAccountResourceId: storage.outputs.resourceId
    vaultResourceId: vault.outputs.resourceId
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    name: name
    location: location
    tags: tags
    appPrincipalId: identity.outputs.principalId
    retentionDays: logRetentionDays
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    name: uniqueName
    location: location
    tags: tags
    identityResourceId: identity.outputs.resourceId
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    packageContainer: storage.outputs.packageContainer
    vaultUri: vault.outputs.uri
    insightsConnectionString: monitoring.outputs.connectionString
    publicHostName: publicHostName
    policyUsername: policyUsername
    policyVmrs: policyVmrs
    managementUsername: managementUsername
    managementClientId: managementClientId
    webProxy: webProxy
    noProxy: noProxy
    ownAuthorities: ownAuthorities
    alwaysReadyInstances: alwaysReadyInstances
    maximumInstances: maximumInstances
    instanceMemory: instanceMemory
    zoneRedundant: zoneRedundant
    subnetResourceId: appSubnet
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    name: name
    location: location
    tags: tags
    insightsResourceId: monitoring.outputs.insightsResourceId
    emails: alertEmails
    packageDeployed: packageDeployed
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  params: {
    location: location
    tags: tags
    insightsResourceId: monitoring.outputs.insightsResourceId
  }
}

@description('Name of the app.')
output appName string = app.outputs.name

@description('Resource id of the app.')
output appId string = app.outputs.resourceId

@description('The host name that Azure assigns to the app.')
output appHostName string = app.outputs.hostName

@description('The app\'s public URL.')
output publicBaseUrl string = app.outputs.publicBaseUrl

@description('Resource id of the vault.')
output vaultId string = vault.outputs.resourceId

@description('Secrets that have to be in the vault, separated by spaces.')
output secretNames string = app.outputs.secretNames

@description('Client id of the app\'s identity, for the grants in Exchange.')
output identityClientId string = identity.outputs.clientId

@description('Object id of the app\'s identity, for the grants in Exchange.')
output identityPrincipalId string = identity.outputs.principalId
