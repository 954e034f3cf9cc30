"""An index for the few items that could be read blind: lists of transcripts leave these out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0005_own_items")]

    operations = [
        migrations.AddIndex(
            "reviewitem",
            models.Index(
                fields=["transcript"],
                name="review_item_blind_idx",
                condition=~models.Q(state="decided")
                & (models.Q(state="disputed") | models.Q(required__gt=1) | models.Q(stream="audit")),
            ),
        ),
    ]
