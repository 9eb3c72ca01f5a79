// Alerts. Every query returns rows only if something is wrong, so all rules look alike. docs/troubleshooting.md says
// what to do about each.

@description('The prefix of every alert\'s name.')
param name string

@description('Region.')
param location string

@description('Tags for all resources.')
param tags { *: string }

@description('Application Insights, which the alerts query.')
param insightsResourceId string

@description('Who gets an e-mail.')
param emails string[]

@description('Whether the app has run before. If not, the alert for a stopped app is off until infra/deploy.sh has deployed the first package.')
param packageDeployed bool

var alerts = [
  {
    id: 'poison-message'
    title: 'A meeting request could not be handled'
    query: loadTextContent('../queries/poison_message.kql')
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
  }
  {
    id: 'app-stopped'
    title: 'The app is not running: no part of a sweep has been completed for half an hour'
    query: loadTextContent('../queries/app_stopped.kql')
    severity: 0
    window: 'PT30M'
    every: 'PT15M'
  }
  {
    id: 'renewal-missed'
    title: 'Subscriptions are not being renewed'
    query: loadTextContent('../queries/renewal_missed.kql')
    severity: 1
    window: 'P1D'
    every: 'PT1H'
  }
  {
    id: 'integration-failing'
    title: 'An integration cannot reach its mailbox, or has lost its subscription'
    query: loadTextContent('../queries/integration_failing.kql')
    severity: 2
    window: 'PT30M'
    every: 'PT15M'
  }
  {
    id: 'sweep-repairs'
    title: 'Notifications are being lost: the sweep finds messages that they should have announced'
    query: loadTextContent('../queries/sweep_repairs.kql')
    severity: 2
    window: 'PT1H'
    every: 'PT15M'
  }
  {
    id: 'rooms-late'
    title: 'Rooms are created late on a Management Node'
    query: loadTextContent('../queries/rooms_late.kql')
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
  }
  {
    id: 'webhook-errors'
    title: 'The webhook returns errors to Graph'
    query: loadTextContent('../queries/webhook_errors.kql')
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
  }
  {
    id: 'password-guessing'
    title: 'Somebody is guessing passwords of conferencing nodes or admins'
    query: loadTextContent('../queries/password_guessing.kql')
    severity: 2
    window: 'PT15M'
    every: 'PT5M'
  }
  {
    id: 'lag'
    title: 'Organizers wait too long for an answer'
    query: loadTextContent('../queries/lag.kql')
    severity: 2
    window: 'PT30M'
    every: 'PT15M'
  }
]

resource admins 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: '${name}-admins'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: take(name, 12)
    emailReceivers: [for email in emails: {
      name: email
      emailAddress: email
      useCommonAlertSchema: true
    }]
  }
}

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for entry in alerts: {
  name: '${name}-${entry.id}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: entry.title
    severity: entry.severity
    enabled: entry.id != 'app-stopped' || packageDeployed
    autoMitigate: true
    scopes: [insightsResourceId]
    windowSize: entry.window
    evaluationFrequency: entry.every
    criteria: {
      allOf: [
        {
          query: entry.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            // On a newly deployed app, the alert runs before the first sweep does.
            numberOfEvaluationPeriods: entry.id == 'app-stopped' ? 2 : 1
            minFailingPeriodsToAlert: entry.id == 'app-stopped' ? 2 : 1
          }
        }
      ]
    }
    actions: {
      actionGroups: empty(emails) ? [] : [admins.id]
      customProperties: {
        whatToDo: 'docs/troubleshooting.md, "${entry.id}"'
      }
    }
  }
}]
