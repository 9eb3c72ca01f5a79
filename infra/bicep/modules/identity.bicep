// The app's only identity. Its roles are assigned where they apply: storage.bicep, vault.bicep, monitoring.bicep.
// It exists before anything is granted to it and outlives the app: grants in Exchange and
// Entra stay valid when the app is recreated.

@description('Name of the identity.')
param name string

@description('Region.')
param location string

@description('Tags for all resources.')
param tags { *: string }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id, for the resources that it is assigned to.')
output resourceId string = identity.id

@description('Client id: how the app requests this identity, and how Exchange identifies it.')
output clientId string = identity.properties.clientId

@description('Object id of the identity\'s enterprise application, to which roles and grants are assigned.')
output principalId string = identity.properties.principalId
