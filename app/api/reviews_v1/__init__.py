"""`/plugport/v1/reviews*`, `/plugport/v1/review-rules*`: the desk."""

from app.api.reviews_v1.routes import ReviewRulesController, ReviewsController, SensitiveController

HANDLERS = [ReviewsController, ReviewRulesController, SensitiveController]
