# The shop's one stateful component: an SQLite database and its migrations.

variable "directory" {
  type = string
}

locals {
  file       = "${var.directory}/database/shop.sqlite"
  migrations = fileset("${path.module}/migrations", "*.sql")
  newest     = max([for name in local.migrations : tonumber(split("-", name)[0])]...)
}

resource "terraform_data" "database" {
  input = local.file

  provisioner "local-exec" {
    when        = destroy
    command     = "rm -f \"$FILE\" \"$FILE-wal\" \"$FILE-shm\""
    environment = { FILE = self.input }
  }
}

# One resource for each migration: a new file is one more thing to add, never a replacement. Changing one that has been
# applied is refused by migrate.mjs.
resource "terraform_data" "migration" {
  for_each         = local.migrations
  triggers_replace = [filesha256("${path.module}/migrations/${each.key}")]

  provisioner "local-exec" {
    command     = "node ${path.module}/migrate.mjs"
    environment = { DATABASE = terraform_data.database.input, UP_TO = each.key }
  }
}

output "file" {
  value      = local.file
  depends_on = [terraform_data.migration]
}

output "schema_version" {
  value      = local.newest
  depends_on = [terraform_data.migration]
}
