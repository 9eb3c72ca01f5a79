// The one identity of the app. It is there before anything is granted to it, and outlives the app: grants in Exchange
// and Entra hold when the app is made anew.

param name string
param location string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
}

output id string = identity.id
output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
