//! A DynamoDB-compatible engine behind the AWS SDK's connector.
